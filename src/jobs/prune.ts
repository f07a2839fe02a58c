import { setTimeout as sleep } from "node:timers/promises";
import type { Queryable } from "../db/pool.ts";
import { pruneTasks, pruneTextStates, pruneWorkers } from "../db/prune-store.ts";
import type { Logger } from "../logger.ts";
import type { Job } from "./job.ts";

const BATCH = 1000;
const LONGEST_INTERVAL = 60_000;
const SHORTEST_INTERVAL = 1000;

/** ms */
export interface Retention {
  tasks: number;
  workers: number;
}

/** How many of each were removed. */
export interface Pruned {
  tasks: number;
  workers: number;
  textStates: number;
}

export interface PruneOptions {
  db: Queryable;
  retention: Retention;
  log: Logger;
}

/** Removes what is older than its retention: ended tasks, lost workers, and texts that are gone. */
export function pruneJob({ db, retention, log }: PruneOptions): Job {
  const tenth = Math.min(retention.tasks, retention.workers) / 10;
  return {
    name: "prune",
    interval: Math.min(LONGEST_INTERVAL, Math.max(SHORTEST_INTERVAL, tenth)),
    async run(stop) {
      const pruned = await prune(db, retention, stop);
      if (Object.values(pruned).some((count) => count > 0))
        log.info(pruned, "removed what is past its retention");
    },
  };
}

/** @param stop ends it after the batch that is under way */
export async function prune(db: Queryable, retention: Retention, stop: AbortSignal): Promise<Pruned> {
  const workers = await pruneWorkers(db, retention.workers);
  const tasks = await inBatches(stop, async () => {
    const { found, deleted } = await pruneTasks(db, retention.tasks, BATCH);
    // Where strangers have all that was found locked, the rest is for the next time.
    return { deleted, more: found === BATCH && deleted > 0 };
  });
  const textStates = await inBatches(stop, async () => {
    const deleted = await pruneTextStates(db, BATCH);
    return { deleted, more: deleted === BATCH };
  });
  return { tasks, workers, textStates };
}

async function inBatches(
  stop: AbortSignal,
  batch: () => Promise<{ deleted: number; more: boolean }>,
): Promise<number> {
  let total = 0;
  for (;;) {
    const begin = performance.now();
    const { deleted, more } = await batch();
    total += deleted;
    if (!more || stop.aborted) return total;
    // As long again for all others, who want the same disk and the same few connections.
    await sleep(performance.now() - begin);
  }
}
