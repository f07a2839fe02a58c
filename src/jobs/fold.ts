import { foldTasks, foldTexts, vacuumDeltas } from "../db/ledger.ts";
import type { Queryable } from "../db/pool.ts";
import type { Job } from "./job.ts";

const INTERVAL = 1000;
const BATCH = 5000;
const VACUUM_EVERY = 5;

/** Moves the ledger's deltas into its totals, and every few runs frees the space that they took. */
export function foldJob(db: Queryable): Job {
  let runs = 0;
  return {
    name: "fold",
    interval: INTERVAL,
    async run() {
      while ((await foldTasks(db, BATCH)) === BATCH);
      while ((await foldTexts(db, BATCH)) === BATCH);
      if (runs++ % VACUUM_EVERY === 0) await vacuumDeltas(db);
    },
  };
}
