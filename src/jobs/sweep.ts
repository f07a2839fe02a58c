import type { Queryable } from "../db/pool.ts";
import { type SweptTask, sweepOverdue } from "../db/sweep-store.ts";
import type { Logger } from "../logger.ts";
import type { Job } from "./job.ts";

const BATCH = 2000;

export interface SweepOptions {
  db: Queryable;
  /** ms */
  interval: number;
  onSwept(task: SweptTask): void;
  log: Logger;
}

/** Enforces timeouts: ends what is past its deadline and what a lost worker left running. */
export function sweepJob({ db, interval, onSwept, log }: SweepOptions): Job {
  // Since when the database has answered without a break. An outage that we saw may have kept workers from being
  // heard; that we have just been started says nothing of the kind.
  let reachableSince = Number.NEGATIVE_INFINITY;
  return {
    name: "sweep",
    interval,
    async run() {
      let swept: SweptTask[];
      let count = 0;
      try {
        do {
          const reachable = Math.max(0, performance.now() - reachableSince);
          swept = await sweepOverdue(db, reachable, BATCH);
          swept.forEach(onSwept);
          count += swept.length;
        } while (swept.length === BATCH);
      } catch (error) {
        reachableSince = Number.POSITIVE_INFINITY;
        throw error;
      } finally {
        if (count > 0) log.info({ tasks: count }, "ended overdue tasks");
      }
      reachableSince = Math.min(reachableSince, performance.now());
    },
  };
}
