import type { Queryable } from "../db/pool.ts";
import { noteAnswer } from "../db/sweep-store.ts";
import type { Job } from "./job.ts";

// Far below the shortest gap that counts as an outage (tts_monitor.longest_gap in migrations/0004_reachability.sql).
const INTERVAL = 500;

/** Keeps note that the database takes heartbeats, also while no worker sends any. */
export function witnessJob(db: Queryable): Job {
  return { name: "witness", interval: INTERVAL, run: () => noteAnswer(db) };
}
