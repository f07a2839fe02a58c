import type { Thresholds } from "../objectives.ts";
import type { RecordingRule } from "../rule.ts";
import { snapshotMax } from "../snapshot.ts";

/** What is so now. */
export function stateRules(thresholds: Thresholds): RecordingRule[] {
  const max = snapshotMax.bind(undefined, thresholds);
  return [
    max("tts_db_tasks", ["status"]),
    max("tts_db_tasks_stuck", ["cause"]),
    max("tts_db_tasks_stuck_max_age_seconds", ["cause"]),
    max("tts_db_oldest_pending_age_seconds"),
    max("tts_db_oldest_processing_age_seconds"),
    max("tts_db_workers", ["state"]),
    max("tts_db_concurrency_in_use"),
    max("tts_db_concurrency_limit", ["scope"]),
    {
      record: "tts:db_concurrency:ratio",
      expr: "tts:db_concurrency_in_use:max / (min(tts:db_concurrency_limit:max) > 0)",
      why: "The lower limit binds: the workers' own together, or the global one.",
    },
    {
      record: "instance:tts_worker_concurrency:ratio",
      expr: "tts_worker_tasks_active / (tts_worker_concurrency_limit > 0)",
    },
    {
      record: "worker:process_start_time_seconds:max",
      expr: 'max by (worker) (process_start_time_seconds{job="tts-worker"})',
      why: "By the slot's name, because a worker that starts again may listen at another address.",
    },
    { record: "tts:workers_up:sum", expr: 'sum(up{job="tts-worker"})' },
  ];
}
