import type { Status } from "../domain/task.ts";
import type { Queryable } from "./pool.ts";
import { ALIVE, completedWithin, OWNERLESS, pendingOf } from "./task-sql.ts";
import type { Slot } from "./worker-store.ts";

// How a task comes to be, or why it need not. Where its state changes (here, in start-store.ts, end-store.ts and
// sweep-store.ts), it is by one statement whose guard stands in its `where`. The same transaction books the change
// (migrations/0002_ledger.sql).

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
     on conflict (content_hash) where ${ALIVE} do nothing
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
     where ${pendingOf("$1")} and ${OWNERLESS}
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
    where content_hash = $1 and ${ALIVE}
    union all
    (select id, text_id, status from tts_monitor.tasks
     where ${completedWithin("$1", "$2")}
     order by finished_at desc limit 1)
  ),
  leader as (
    select id as "taskId", text_id as "textId", status from candidates order by status = 'completed' limit 1
  )`;

/**
 * Lets a text follow the task that answers for its content, and counts the submission as deduplicated. The task is
 * locked against being pruned meanwhile.
 */
export async function followLeader(
  db: Queryable,
  textId: bigint,
  contentHash: string,
  dedupWindow: number,
): Promise<ExistingTask | undefined> {
  const { rows } = await db.query<ExistingTask>(
    `${LEADER},
     kept as (select leader.* from leader join tts_monitor.tasks on id = "taskId" for key share of tasks),
     counted as (insert into tts_monitor.task_deltas (event) select 'deduplicated' from kept),
     followed as (
       insert into tts_monitor.followers (text_id, task_id)
       select $3, "taskId" from kept where "textId" <> $3
       on conflict (text_id, task_id) do update set followed_at = excluded.followed_at
     )
     select * from kept`,
    [contentHash, dedupWindow, textId],
  );
  return rows[0];
}

/** Lets a text follow a given task. @returns false when there is no such task */
export async function follow(db: Queryable, textId: bigint, taskId: bigint): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into tts_monitor.followers (text_id, task_id)
     select $1, id from tts_monitor.tasks where id = $2 for key share
     on conflict (text_id, task_id) do update set followed_at = excluded.followed_at`,
    [textId, taskId],
  );
  return rowCount === 1;
}
