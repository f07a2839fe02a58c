import type pg from "pg";
import { readEnded } from "../db/end-store.ts";
import { reasonOf } from "../domain/thrown.ts";
import { TaskEndedError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import type { RunningTasks } from "./running-tasks.ts";

export interface EndedElsewhere {
  /**
   * Fires the signals of tasks that run here and were ended by others: the sweeper took this worker for lost, or an
   * operator ended one. To be called at each heartbeat that the database has taken; never rejects.
   * @param gap ms since the heartbeat before
   */
  look(gap: number): Promise<void>;
}

/**
 * @param suspicious ms between two heartbeats from which on the worker may have been taken for lost
 * @param interval ms after which to look without any suspicion
 */
export function createEndedElsewhere(
  pool: pg.Pool,
  running: RunningTasks,
  { suspicious, interval }: { suspicious: number; interval: number },
  log: Logger,
): EndedElsewhere {
  let lookedAt = performance.now();

  async function abortEnded(): Promise<void> {
    for (const ended of await readEnded(pool, running.unsettled())) {
      // Its own end may have set out while we asked.
      if (!running.unsettled().includes(ended.taskId)) continue;
      log.warn(
        { task: String(ended.taskId), reason: ended.reason },
        "a task that runs here was ended by others",
      );
      running.abort(ended.taskId, new TaskEndedError(ended));
    }
  }

  return {
    async look(gap) {
      if (gap < suspicious && performance.now() - lookedAt < interval) return;
      lookedAt = performance.now();
      if (running.size === 0) return;
      try {
        await abortEnded();
      } catch (error) {
        // At the next heartbeat again.
        lookedAt = Number.NEGATIVE_INFINITY;
        log.debug({ reason: reasonOf(error) }, "what runs here could not be compared with the database");
      }
    },
  };
}
