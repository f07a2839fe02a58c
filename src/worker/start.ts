import { setTimeout as sleep } from "node:timers/promises";
import { isTransient } from "../db/sqlstate.ts";
import { queueForStart, readStarted, start } from "../db/start-store.ts";
import { readTask } from "../db/task-reader.ts";
import { isOutcome } from "../domain/task.ts";
import {
  DatabaseUnavailableError,
  DuplicateTaskError,
  TaskEndedError,
  WorkerStoppedError,
} from "../errors.ts";
import type { WorkerContext } from "./context.ts";
import type { Release } from "./limiter.ts";
import type { KnownTask } from "./submit.ts";

// Between two questions whether the global limit lets one more start.
const SHORTEST_PAUSE = 50;
const LONGEST_PAUSE = 250;

/** Waits for a slot and for leave to start. @throws as `startWhenAllowed` */
export function waitForStart(
  context: WorkerContext,
  task: KnownTask,
): Promise<{ waited: number; release: Release }> {
  return listedAsWaiting(context, task, async () => {
    const release = await context.limiter.acquire();
    try {
      return { waited: await startWhenAllowed(context, task), release };
    } catch (error) {
      release();
      throw error;
    }
  });
}

/** Does the work while the task is listed among those that wait: what is not listed anywhere counts as forgotten. */
export async function listedAsWaiting<T>(
  { waiting }: WorkerContext,
  { taskId }: KnownTask,
  work: () => Promise<T>,
): Promise<T> {
  waiting.add(taskId);
  try {
    return await work();
  } finally {
    waiting.delete(taskId);
  }
}

/**
 * Starts a recorded task as soon as the global limit lets it, older tasks first; an outage is waited out, because the
 * task is on record and would block its content.
 * @param onTry called at each turn of the waiting
 * @returns seconds that it waited
 * @throws WorkerStoppedError when the worker stops first; TaskEndedError when somebody else has run it
 */
export async function startWhenAllowed(
  context: WorkerContext,
  { taskId }: KnownTask,
  onTry: () => void = () => {},
): Promise<number> {
  const { stopped, keptBack } = context;
  const attempt = attempts(context, taskId);
  try {
    while (!stopped.aborted) {
      onTry();
      // Whoever is younger than another one here would be refused.
      if (isOldest(keptBack, taskId)) {
        const waited = await attempt();
        if (waited !== undefined) return waited;
      }
      const pause = SHORTEST_PAUSE + Math.random() * (LONGEST_PAUSE - SHORTEST_PAUSE);
      await sleep(pause, undefined, { signal: stopped }).catch(() => {});
    }
  } finally {
    keptBack.delete(taskId);
  }
  throw new WorkerStoppedError("the worker stopped before the task could start; it stays pending");
}

/** @returns tries to start the task; undefined when it may not yet or the database is away */
function attempts(context: WorkerContext, taskId: bigint): () => Promise<number | undefined> {
  const { pool, slot, settings, keptBack } = context;
  // An answer was lost: it may have started already.
  let uncertain = false;

  async function attempt(): Promise<number | undefined> {
    const waited = await start(pool, taskId, slot, settings.taskTimeout);
    if (waited !== undefined) return waited;
    const unheard = uncertain ? await readStarted(pool, taskId, slot) : undefined;
    if (unheard !== undefined) return unheard;
    await refuseUnlessPending(context, taskId);
    if (keptBack.has(taskId)) return undefined;
    await queueForStart(pool, taskId, slot);
    keptBack.add(taskId);
    return undefined;
  }

  return async () => {
    try {
      return await attempt();
    } catch (error) {
      if (!isTransient(error)) {
        context.suspectForgotten();
        throw error;
      }
      uncertain = true;
      return undefined;
    }
  };
}

function isOldest(keptBack: ReadonlySet<bigint>, taskId: bigint): boolean {
  if (!keptBack.has(taskId)) return true;
  for (const other of keptBack) if (other < taskId) return false;
  return true;
}

async function refuseUnlessPending({ pool }: WorkerContext, taskId: bigint): Promise<void> {
  const task = await readTask(pool, taskId);
  if (!task) throw new DatabaseUnavailableError(`task ${taskId} is gone`);
  const { status, reason, textId } = task;
  if (isOutcome(status)) throw new TaskEndedError({ taskId, status, reason });
  if (status === "processing") throw new DuplicateTaskError({ taskId, textId, status });
}
