import { setTimeout as sleep } from "node:timers/promises";
import { type ClaimedTask, claimOldest, queueOldest } from "../db/start-store.ts";
import { reasonOf } from "../domain/thrown.ts";
import { TtsMonitorError } from "../errors.ts";
import { logChanges } from "../outage-log.ts";
import type { WorkerContext } from "./context.ts";
import { execute, type TaskHandler } from "./execute.ts";
import type { Release } from "./limiter.ts";
import type { LoopProgress } from "./progress.ts";
import { listedAsWaiting, startWhenAllowed } from "./start.ts";

// Between two looks for pending tasks when there was none: a ring may be missed, and a dead worker's tasks ring none.
const IDLE = 1000;
// Between two looks however often it rings: many tasks that others take, or that may not start, must not make it spin.
const SHORTEST_PAUSE = 50;

/**
 * Claims pending tasks, the oldest first, and runs the handler for each, as many at once as there are slots.
 * Never rejects: a database that is away is waited for. Resolves when the worker stops, its last task handed over.
 * @param idle ms between two looks when nothing rings
 */
export async function claimUntilStopped(
  context: WorkerContext,
  handler: TaskHandler,
  idle = IDLE,
): Promise<void> {
  const { stopped, wakeUp, limiter } = context;
  if (stopped.aborted) return;
  wakeUp.listen();
  const outages = logChanges(context.settings.log);
  const progress = context.progress.addLoop();
  while (!stopped.aborted) {
    const release = await progress.excused(limiter.acquire()).catch(() => undefined);
    if (!release) break;
    const { rings } = wakeUp;
    if (!(await claimOne(context, handler, release, outages, progress))) {
      release();
      await sleep(SHORTEST_PAUSE * (0.5 + Math.random()), undefined, { signal: stopped }).catch(() => {});
      await wakeUp.wait(rings, idle * (0.5 + Math.random()), stopped);
    }
    progress.turn();
  }
  progress.remove();
}

/** @returns whether there was a task; its slot is the task's then */
async function claimOne(
  context: WorkerContext,
  handler: TaskHandler,
  release: Release,
  outages: ReturnType<typeof logChanges>,
  progress: LoopProgress,
): Promise<boolean> {
  try {
    const task = await claim(context, progress);
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
    // Taken over, and then ended or started by somebody else, or left to others by a worker that stops.
    if (error instanceof TtsMonitorError) return false;
    outages.failed("pending tasks", error);
    context.suspectForgotten();
    return false;
  }
}

/** Starts the oldest pending task; where the global limit keeps it back it holds its place, and is waited for. */
async function claim(context: WorkerContext, progress: LoopProgress): Promise<ClaimedTask | undefined> {
  const { pool, slot, settings } = context;
  const claimed = await claimOldest(pool, slot, settings.taskTimeout);
  if (claimed) return claimed;
  const keptBack = await queueOldest(pool, slot);
  if (!keptBack) return undefined;
  return listedAsWaiting(context, keptBack, async () => ({
    ...keptBack,
    waited: await startWhenAllowed(context, keptBack, progress.turn),
  }));
}
