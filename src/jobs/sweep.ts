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
  return {
    name: "sweep",
    interval,
    async run() {
      let swept: SweptTask[];
      let count = 0;
      try {
        do {
          swept = await sweepOverdue(db, BATCH);
          swept.forEach(onSwept);
          count += swept.length;
        } while (swept.length === BATCH);
      } finally {
        if (count > 0) log.info({ tasks: count }, "ended overdue tasks");
      }
    },
  };
}
