import type pg from "pg";
import type { Ending } from "../domain/ending.ts";
import {
  ConcurrencyLimitError,
  NotFoundError,
  SlotTakenError,
  TaskEndedError,
  TaskStateError,
} from "../errors.ts";
import { type EndedTask, end, recordLate } from "./end-store.ts";
import { enlist, lockRemoteWorkerOf, type RemoteWorker, removeIfIdle, renew } from "./remote-worker-store.ts";
import { type RunStep, type Submission, submitAndStart } from "./submission.ts";
import { readTask } from "./task-reader.ts";
import { inTransaction, READ_COMMITTED } from "./transaction.ts";

// What workers report over the API (docs/adr/0015-api-workers.md), each report in one transaction. All take the
// worker's row, then the task's, then the lock of the global limit.

export interface RemoteSubmission {
  textId: bigint;
  contentHash: string;
  worker: RemoteWorker;
  /** ms from the task's start to its deadline */
  timeout: number;
  /** ms within which a completed task of the same content answers */
  dedupWindow: number;
}

/**
 * Lists the worker, and starts a task for it or lets the text follow the one that answers for its content.
 * @throws ConcurrencyLimitError, SlotTakenError: nothing was recorded
 */
export function submitRemote(
  pool: pg.Pool,
  { worker, timeout, ...task }: RemoteSubmission,
): Promise<Exclude<Submission, { outcome: "refused" }>> {
  return inTransaction(pool, READ_COMMITTED, async (client) => {
    const slot = await enlist(client, worker);
    if (!slot) throw new SlotTakenError(`the name ${worker.worker} is another process's`);
    const submission = await submitAndStart(stepsOf(client), { ...task, slot }, timeout);
    if (submission.outcome === "refused") {
      throw new ConcurrencyLimitError("the limit of concurrent tasks is reached");
    }
    if (submission.outcome === "duplicate") await removeIfIdle(client, slot);
    return submission;
  });
}

/** Undoes a step that came to nothing, so that it leaves no lock, above all not that of the global limit. */
function stepsOf(client: pg.PoolClient): RunStep {
  return async (step) => {
    await client.query("savepoint step");
    const result = await step(client);
    await client.query(`${result === undefined ? "rollback to" : "release"} savepoint step`);
    return result;
  };
}

/**
 * Renews the heartbeat of the task's worker.
 * @param heartbeatTimeout ms
 * @throws NotFoundError; TaskEndedError, which is counted as late; TaskStateError where it does not run, or not on a
 *   worker that reports over the API
 */
export async function beatRemote(pool: pg.Pool, taskId: bigint, heartbeatTimeout: number): Promise<void> {
  const refusal = await inTransaction(pool, READ_COMMITTED, async (client) => {
    const renewed = await renew(client, taskId, heartbeatTimeout);
    // It may have ended while the worker's row was waited for.
    const task = await readTask(client, taskId);
    if (task?.status !== "processing") return await refuse(client, taskId);
    if (renewed) return undefined;
    const why = "its worker sends its own heartbeats, or has lost its name to another process";
    return new TaskStateError(`task ${taskId} takes no heartbeat: ${why}`, task.status);
  });
  if (refusal) throw refusal;
}

/**
 * Ends a task, whoever runs it.
 * @throws NotFoundError; TaskEndedError, which is counted as late; TaskStateError where it has not started
 */
export async function endRemote(pool: pg.Pool, taskId: bigint, ending: Ending): Promise<EndedTask> {
  const refusal = await inTransaction(pool, READ_COMMITTED, async (client) => {
    const slot = await lockRemoteWorkerOf(client, taskId);
    const took = await end(client, taskId, ending);
    if (took === undefined) return await refuse(client, taskId);
    if (slot) await removeIfIdle(client, slot);
    return undefined;
  });
  if (refusal) throw refusal;
  return { status: ending.outcome, reason: ending.reason };
}

/** Notes a late report, after which its worker may have nothing more to do. @returns the error to throw */
async function refuse(client: pg.PoolClient, taskId: bigint): Promise<Error> {
  const slot = await lockRemoteWorkerOf(client, taskId);
  const ended = await recordLate(client, taskId);
  if (slot) await removeIfIdle(client, slot);
  if (ended) return new TaskEndedError({ taskId, ...ended });
  const task = await readTask(client, taskId);
  if (!task) return new NotFoundError(`there is no task ${taskId}`);
  return new TaskStateError(`task ${taskId} is ${task.status}`, task.status);
}
