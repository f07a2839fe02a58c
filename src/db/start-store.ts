import type { Queryable } from "./pool.ts";
import type { NewTask } from "./submit-store.ts";
import { ALIVE, completedWithin, OWNERLESS, pendingOf, STATUS, WAITED } from "./task-sql.ts";
import type { Slot } from "./worker-store.ts";

// A start locks its row before it asks tts_monitor.may_start(…), which takes the lock of the global limit: taken in
// one order by all, they cannot deadlock.

const OWNS_SLOT = "exists (select from tts_monitor.workers where worker = $2 and incarnation = $3)";

/**
 * Starts the pending task that `which` selects and locks, for the slot in $2 and $3, if it owns its name and the
 * global limit allows, older tasks first; the deadline is $1 ms from now.
 */
const startOf = (which: string) => `
  update tts_monitor.tasks set
    status = 'processing', worker = $2, incarnation = $3, started_at = clock.now,
    deadline_at = clock.now + $1 * interval '1 millisecond'
  from (select clock_timestamp() as now) clock
  where id = (${which}) and ${OWNS_SLOT} and tts_monitor.may_start(created_at, id)
  returning id as "taskId", text_id as "textId", ${WAITED}`;

export interface ClaimedTask {
  taskId: bigint;
  textId: bigint;
  /** seconds from its record to its start */
  waited: number;
}

/**
 * Starts a pending task under the global limit, for a worker that owns its slot.
 * @param timeout ms from now to its deadline
 * @returns for how many seconds it waited; undefined when it is not pending, the limit is reached or the slot is
 *   another process's: ask `readTask`
 */
export async function start(
  db: Queryable,
  taskId: bigint,
  slot: Slot,
  timeout: number,
): Promise<number | undefined> {
  const { rows } = await db.query<ClaimedTask>(
    startOf(`select id from tts_monitor.tasks where id = $4 and ${STATUS} = 'pending' for update`),
    [timeout, slot.worker, slot.incarnation, taskId],
  );
  return rows[0]?.waited;
}

/**
 * For how many seconds the task had waited, if it runs for this slot: the answer to a start may be lost together
 * with the connection.
 */
export async function readStarted(db: Queryable, taskId: bigint, slot: Slot): Promise<number | undefined> {
  const { rows } = await db.query<{ waited: number }>(
    `select ${WAITED} from tts_monitor.tasks
     where id = $1 and ${STATUS} = 'processing' and worker = $2 and incarnation = $3`,
    [taskId, slot.worker, slot.incarnation],
  );
  return rows[0]?.waited;
}

/**
 * Records a task and starts it in one go, so that it has waited for nothing.
 * @returns its id; undefined when its content is in work or was completed within the window, the global limit is
 *   reached or the slot is another process's
 */
export async function insertStarted(
  db: Queryable,
  task: NewTask,
  timeout: number,
): Promise<bigint | undefined> {
  const { rows } = await db.query<{ id: bigint }>(
    `insert into tts_monitor.tasks
       (text_id, worker, incarnation, content_hash, status, created_at, started_at, deadline_at)
     select $1, $2, $3, $4, 'processing', clock.now, clock.now, clock.now + $6 * interval '1 millisecond'
     from (select clock_timestamp() as now) clock
     where ($4::text is null or not exists (
         select from tts_monitor.tasks
         where content_hash = $4 and ${ALIVE}
           or ${completedWithin("$4", "$5")}
       ))
       and ${OWNS_SLOT} and tts_monitor.may_start(clock.now, 9223372036854775807)
     on conflict (content_hash) where ${ALIVE} do nothing
     returning id`,
    [task.textId, task.slot.worker, task.slot.incarnation, task.contentHash, task.dedupWindow, timeout],
  );
  return rows[0]?.id;
}

/** Starts the pending task of this content that nobody waits with: a retry, or a dead worker's. */
export async function startPendingOfContent(
  db: Queryable,
  contentHash: string,
  slot: Slot,
  timeout: number,
): Promise<ClaimedTask | undefined> {
  const { rows } = await db.query<ClaimedTask>(
    startOf(`select id from tts_monitor.tasks t where ${pendingOf("$4")} and ${OWNERLESS} for update`),
    [timeout, slot.worker, slot.incarnation, contentHash],
  );
  return rows[0];
}

/** Starts the oldest pending task that nobody waits with; undefined when there is none or the limit is reached. */
export async function claimOldest(
  db: Queryable,
  slot: Slot,
  timeout: number,
): Promise<ClaimedTask | undefined> {
  const { rows } = await db.query<ClaimedTask>(
    startOf(
      `select id from tts_monitor.tasks t where status = 'pending' and ${OWNERLESS}
       order by created_at, id limit 1 for update skip locked`,
    ),
    [timeout, slot.worker, slot.incarnation],
  );
  return rows[0];
}

/** Lets a pending task that has a slot of its worker hold its place, by age, among those that the limit keeps back. */
export async function queueForStart(db: Queryable, taskId: bigint, slot: Slot): Promise<void> {
  await db.query(
    `update tts_monitor.tasks set ready_at = clock_timestamp()
     where id = $1 and ${STATUS} = 'pending' and worker = $2 and incarnation = $3 and ready_at is null`,
    [taskId, slot.worker, slot.incarnation],
  );
}

/**
 * Where the global limit keeps tasks back: takes over the oldest pending one that nobody waits with, and lets it hold
 * its place by age. undefined when there is none, or no limit.
 */
export async function queueOldest(
  db: Queryable,
  slot: Slot,
): Promise<{ taskId: bigint; textId: bigint } | undefined> {
  const { rows } = await db.query<{ taskId: bigint; textId: bigint }>(
    `update tts_monitor.tasks set worker = $1, incarnation = $2, ready_at = clock_timestamp()
     where id = (
       select id from tts_monitor.tasks t where status = 'pending' and ${OWNERLESS}
         and exists (select from tts_monitor.settings where concurrency_global is not null)
       order by created_at, id limit 1 for update skip locked
     ) and exists (select from tts_monitor.workers where worker = $1 and incarnation = $2)
     returning id as "taskId", text_id as "textId"`,
    [slot.worker, slot.incarnation],
  );
  return rows[0];
}
