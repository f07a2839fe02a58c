import { setTimeout as sleep } from "node:timers/promises";
import { claimOldest } from "../db/task-store.ts";
import { TtsMonitorError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import { logChanges, reasonOf } from "../outage-log.ts";
import type { WorkerContext } from "./context.ts";
import { execute, type TaskHandler } from "./execute.ts";
import type { Release } from "./limiter.ts";

// Between two looks for pending tasks when there was none.
const IDLE = 1000;

/**
 * Claims pending tasks, the oldest first, and runs the handler for each, as many at once as there are slots.
 * Never rejects: a database that is away is waited for. Resolves when the worker stops, its last task handed over.
 */
export async function claimUntilStopped(
  context: WorkerContext,
  handler: TaskHandler,
  log: Logger,
): Promise<void> {
  const outages = logChanges(log);
  while (!context.stopped.aborted) {
    const release = await context.limiter.acquire().catch(() => undefined);
    if (!release) return;
    if (!(await claimOne(context, handler, release, outages))) {
      release();
      await sleep(IDLE / 2 + Math.random() * IDLE, undefined, { signal: context.stopped }).catch(() => {});
    }
    context.progress();
  }
}

/** @returns whether there was a task; its slot is the task's then */
async function claimOne(
  context: WorkerContext,
  handler: TaskHandler,
  release: Release,
  outages: ReturnType<typeof logChanges>,
): Promise<boolean> {
  try {
    const task = await claimOldest(context.pool, context.slot, context.settings.taskTimeout);
    outages.works("pending tasks");
    if (!task) return false;
    execute(context, task, release, handler).catch((error: unknown) => {
      // How the task ended stands in the database; what the handler threw is told here alone.
      if (error instanceof TtsMonitorError) return;
      context.settings.log.debug(
        { task: String(task.taskId), reason: reasonOf(error) },
        "the handler failed",
      );
    });
    return true;
  } catch (error) {
    outages.failed("pending tasks", error);
    context.suspectForgotten();
    return false;
  }
}
