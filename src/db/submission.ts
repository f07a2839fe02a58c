import type { Queryable } from "./pool.ts";
import { insertStarted, startPendingOfContent } from "./start-store.ts";
import { type ExistingTask, follow, followLeader, type NewTask } from "./submit-store.ts";
import { OWNERLESS, pendingOf } from "./task-sql.ts";

/** What became of a submission that is to start at once. */
export type Submission =
  /** recorded, or taken over: then `textId` may be another text, which this one follows now */
  | { outcome: "started"; taskId: bigint; textId: bigint; waited: number }
  /** another task answers for the content; the text follows it, and the submission is counted */
  | { outcome: "duplicate"; leader: ExistingTask }
  /** the global limit is reached, or the slot is another process's: nothing was recorded */
  | { outcome: "refused" };

/**
 * Runs one step. Within a transaction, a step that came to nothing must not keep its locks: the next one takes its
 * own in the order that all keep (src/db/start-store.ts).
 */
export type RunStep = <T>(step: (db: Queryable) => Promise<T | undefined>) => Promise<T | undefined>;

// Between looking for a task of the same content and looking again, that task may have ended.
const ATTEMPTS = 2;

/**
 * Records a task and starts it at once, or starts the pending one of its content that nobody waits with, or follows
 * the one that answers for it.
 * @param timeout ms from now to the task's deadline
 */
export async function submitAndStart(
  run: RunStep,
  task: NewTask & { contentHash: string },
  timeout: number,
): Promise<Submission> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const taskId = await run((db) => insertStarted(db, task, timeout));
    if (taskId !== undefined) return { outcome: "started", taskId, textId: task.textId, waited: 0 };
    const taken = await run((db) => takeOver(db, task, timeout));
    if (taken) return { outcome: "started", ...taken };
    // To follow it would be to wait for nobody.
    if (await run((db) => isUnclaimed(db, task.contentHash))) break;
    const leader = await run((db) => followLeader(db, task.textId, task.contentHash, task.dedupWindow));
    if (leader) return { outcome: "duplicate", leader };
  }
  return { outcome: "refused" };
}

async function takeOver(db: Queryable, task: NewTask & { contentHash: string }, timeout: number) {
  const taken = await startPendingOfContent(db, task.contentHash, task.slot, timeout);
  if (taken && taken.textId !== task.textId) await follow(db, task.textId, taken.taskId);
  return taken;
}

/** Whether a task of this content is pending that nobody waits with. */
async function isUnclaimed(db: Queryable, contentHash: string): Promise<true | undefined> {
  const { rowCount } = await db.query(
    `select from tts_monitor.tasks t where ${pendingOf("$1")} and ${OWNERLESS}`,
    [contentHash],
  );
  return rowCount === 1 || undefined;
}
