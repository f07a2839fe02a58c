import type { Audio } from "../domain/audio.ts";
import type { Reason } from "../domain/reason.ts";
import type { Outcome, Status } from "../domain/task.ts";
import type { Queryable } from "./pool.ts";
import type { Slot } from "./worker-store.ts";

// The one place where a task's state changes: each function is one statement whose guard stands in its `where`.
// The same transaction books the change (migrations/0002_ledger.sql).

// A start locks its row before it asks tts_monitor.may_start(…), which takes the lock of the global limit: taken in
// one order by all, they cannot deadlock.

// A pending task belongs to the process that waits with it for a slot; when that is gone, to whoever comes.
const OWNERLESS = `not exists (
  select from tts_monitor.worker_states w
  where w.worker = t.worker and w.incarnation = t.incarnation and w.state <> 'lost'
)`;

const WAITED = "greatest(0, extract(epoch from started_at - created_at))::float8 as waited";
const TOOK = "greatest(0, extract(epoch from finished_at - started_at))::float8 as took";

const OWNS_SLOT = "exists (select from tts_monitor.workers where worker = $2 and incarnation = $3)";

// Parameters as SQL: `$1`.
const completedWithin = (hash: string, window: string) =>
  `content_hash = ${hash} and status = 'completed'
     and finished_at > clock_timestamp() - ${window} * interval '1 millisecond'`;

/**
 * Starts the pending task that `which` selects and locks, for the slot in $2 and $3, if it owns its name and the
 * global limit allows, older tasks first; the deadline is $1 ms from now.
 */
const startOf = (which: string) => `
  update tts_monitor.tasks set
    status = 'processing', worker = $2, incarnation = $3, started_at = clock.now,
    deadline_at = clock.now + $1 * interval '1 millisecond'
  from (select clock_timestamp() as now) clock
  where id = (${which}) and status = 'pending' and ${OWNS_SLOT} and tts_monitor.may_start(created_at, id)
  returning id as "taskId", text_id as "textId", ${WAITED}`;

export interface NewTask {
  textId: bigint;
  contentHash: string | null;
  slot: Slot;
  /** ms within which a completed task of the same content answers a new submission */
  dedupWindow: number;
}

/**
 * Records a pending task, unless its content is in work or was completed within the window.
 * @returns its id; undefined when there is such a task
 */
export async function insertPending(db: Queryable, task: NewTask): Promise<bigint | undefined> {
  const { rows } = await db.query<{ id: bigint }>(
    `insert into tts_monitor.tasks (text_id, content_hash, worker, incarnation)
     select $1, $2, $3, $4
     where $2::text is null or not exists (
       select from tts_monitor.tasks
       where ${completedWithin("$2", "$5")}
     )
     on conflict (content_hash) where status in ('pending', 'processing') do nothing
     returning id`,
    [task.textId, task.contentHash, task.slot.worker, task.slot.incarnation, task.dedupWindow],
  );
  return rows[0]?.id;
}

/** Takes over the pending task of this content that nobody waits with: a retry, or a dead worker's. */
export async function adoptPending(
  db: Queryable,
  contentHash: string,
  slot: Slot,
): Promise<{ taskId: bigint; textId: bigint } | undefined> {
  const { rows } = await db.query<{ taskId: bigint; textId: bigint }>(
    `update tts_monitor.tasks t set worker = $2, incarnation = $3, ready_at = null
     where content_hash = $1 and status = 'pending' and ${OWNERLESS}
     returning id as "taskId", text_id as "textId"`,
    [contentHash, slot.worker, slot.incarnation],
  );
  return rows[0];
}

export interface ExistingTask {
  taskId: bigint;
  textId: bigint;
  status: Status;
}

/** The task that answers for this content: the living one, else the newest completed within the window (ms). */
export async function findByContent(
  db: Queryable,
  contentHash: string,
  dedupWindow: number,
): Promise<ExistingTask | undefined> {
  const { rows } = await db.query<ExistingTask>(`${LEADER} select * from leader`, [contentHash, dedupWindow]);
  return rows[0];
}

const LEADER = `
  with candidates as (
    select id, text_id, status from tts_monitor.tasks
    where content_hash = $1 and status in ('pending', 'processing')
    union all
    (select id, text_id, status from tts_monitor.tasks
     where ${completedWithin("$1", "$2")}
     order by finished_at desc limit 1)
  ),
  leader as (
    select id as "taskId", text_id as "textId", status from candidates order by status = 'completed' limit 1
  )`;

/** Lets a text follow the task that answers for its content, and counts the submission as deduplicated. */
export async function followLeader(
  db: Queryable,
  textId: bigint,
  contentHash: string,
  dedupWindow: number,
): Promise<ExistingTask | undefined> {
  const { rows } = await db.query<ExistingTask>(
    `${LEADER},
     counted as (insert into tts_monitor.task_deltas (event) select 'deduplicated' from leader),
     followed as (
       insert into tts_monitor.followers (text_id, task_id)
       select $3, "taskId" from leader where "textId" <> $3
       on conflict (text_id, task_id) do update set followed_at = excluded.followed_at
     )
     select * from leader`,
    [contentHash, dedupWindow, textId],
  );
  return rows[0];
}

/** Lets a text follow a given task. @returns false when there is no such task */
export async function follow(db: Queryable, textId: bigint, taskId: bigint): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into tts_monitor.followers (text_id, task_id)
     select $1, id from tts_monitor.tasks where id = $2
     on conflict (text_id, task_id) do update set followed_at = excluded.followed_at`,
    [textId, taskId],
  );
  return rowCount === 1;
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
    startOf("select id from tts_monitor.tasks where id = $4 and status = 'pending' for update"),
    [timeout, slot.worker, slot.incarnation, taskId],
  );
  return rows[0]?.waited;
}

/** Lets a pending task that has a slot of its worker hold its place, by age, among those that the limit keeps back. */
export async function queueForStart(db: Queryable, taskId: bigint, slot: Slot): Promise<void> {
  await db.query(
    `update tts_monitor.tasks set ready_at = clock_timestamp()
     where id = $1 and status = 'pending' and worker = $2 and incarnation = $3 and ready_at is null`,
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
     where status = 'pending' and id = (
       select id from tts_monitor.tasks t where status = 'pending' and ${OWNERLESS}
         and exists (select from tts_monitor.settings where concurrency_global is not null)
       order by created_at, id limit 1 for update skip locked
     ) and exists (select from tts_monitor.workers where worker = $1 and incarnation = $2)
     returning id as "taskId", text_id as "textId"`,
    [slot.worker, slot.incarnation],
  );
  return rows[0];
}

/**
 * For how many seconds the task had waited, if it runs for this slot: the answer to a start may be lost together
 * with the connection.
 */
export async function readStarted(db: Queryable, taskId: bigint, slot: Slot): Promise<number | undefined> {
  const { rows } = await db.query<{ waited: number }>(
    `select ${WAITED} from tts_monitor.tasks
     where id = $1 and status = 'processing' and worker = $2 and incarnation = $3`,
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
         where content_hash = $4 and status in ('pending', 'processing')
           or ${completedWithin("$4", "$5")}
       ))
       and ${OWNS_SLOT} and tts_monitor.may_start(clock.now, 9223372036854775807)
     on conflict (content_hash) where status in ('pending', 'processing') do nothing
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
    startOf(
      `select id from tts_monitor.tasks t
       where content_hash = $4 and status = 'pending' and ${OWNERLESS} for update`,
    ),
    [timeout, slot.worker, slot.incarnation, contentHash],
  );
  return rows[0];
}

export interface ClaimedTask {
  taskId: bigint;
  textId: bigint;
  /** seconds from its record to its start */
  waited: number;
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

export interface Ending {
  outcome: Outcome;
  reason: Reason | null;
  errorMessage: string | null;
  audio: Audio | null;
}

/** Ends a task that is processing. @returns the seconds it took; undefined when it is not: nothing was changed */
export async function end(db: Queryable, taskId: bigint, ending: Ending): Promise<number | undefined> {
  const { rows } = await db.query<{ took: number }>(
    `update tts_monitor.tasks set
       status = $2, finished_at = clock_timestamp(), reason = $3, error_message = $4,
       audio_url = $5, filename = $6, file_size = $7
     where id = $1 and status = 'processing'
     returning ${TOOK}`,
    [taskId, ending.outcome, ending.reason, ending.errorMessage, ...audioColumns(ending.audio)],
  );
  return rows[0]?.took;
}

function audioColumns(audio: Audio | null): [string | null, string | null, number | null] {
  return audio ? [audio.audioUrl, audio.filename, audio.fileSize] : [null, null, null];
}

export interface EndedTask {
  status: Outcome;
  reason: string | null;
}

/** Those of the given tasks that have ended. */
export async function readEnded(
  db: Queryable,
  taskIds: readonly bigint[],
): Promise<(EndedTask & { taskId: bigint })[]> {
  const { rows } = await db.query<EndedTask & { taskId: bigint }>(
    `select id as "taskId", status, reason from tts_monitor.tasks
     where id = any($1::bigint[]) and status in ('completed', 'failed', 'timeout')`,
    [taskIds],
  );
  return rows;
}

/**
 * Notes that a result came after the task's end, which changes nothing else; undefined when it has not ended.
 * @param repeated it may be noted already, the answer lost: a note that is there stays as it is
 */
export async function recordLate(
  db: Queryable,
  taskId: bigint,
  repeated = false,
): Promise<EndedTask | undefined> {
  const { rows } = await db.query<EndedTask>(
    `update tts_monitor.tasks set
       late_at = case when $2 and late_at is not null then late_at else clock_timestamp() end
     where id = $1 and status in ('completed', 'failed', 'timeout')
     returning status, reason`,
    [taskId, repeated],
  );
  return rows[0];
}

/**
 * The seconds that the task took, if it has ended in just this way: the answer to a finish may be lost together
 * with the connection, and its repetition is no late write.
 */
export async function readEndedAs(
  db: Queryable,
  taskId: bigint,
  ending: Ending,
): Promise<number | undefined> {
  const { rows } = await db.query<{ took: number }>(
    `select ${TOOK} from tts_monitor.tasks
     where id = $1 and status = $2 and (reason, error_message, audio_url, filename, file_size)
       is not distinct from ($3::text, $4::text, $5::text, $6::text, $7::bigint)`,
    [taskId, ending.outcome, ending.reason, ending.errorMessage, ...audioColumns(ending.audio)],
  );
  return rows[0]?.took;
}
