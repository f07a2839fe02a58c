import { expect, test } from "vitest";
import { labelsOf } from "../support/promql-labels.ts";

test.each([
  ["sum by (slo) (tts_db_slo_events_total)", ["slo"]],
  ["sum(tts_db_slo_events_total)", []],
  ["max by (le, outcome) (tts_db_task_duration_seconds_bucket)", ["le", "outcome"]],
  ["histogram_quantile(0.5, sum by (le) (tts_db_task_queue_wait_seconds_bucket))", []],
  ["tts_worker_tasks_active > on (instance) tts_worker_concurrency_limit", ["instance"]],
  ["time() - max by (worker) (tts_worker_tasks_active) > 3", ["worker"]],
  ["max by (a, b) (up) == 1 unless on () sum(up) == 0", ["a", "b"]],
  ["max by (a, b) (up) or max by (b) (up)", ["b"]],
  ['absent(up{job="x", worker=~"y"})', ["job"]],
  ["topk(3, max by (worker) (up))", ["worker"]],
  ["increase(tts:db_tasks_finished:max[15m])", ["outcome"]],
])("%s keeps %j", (expr, labels) => {
  expect(labelsOf(expr)).toEqual(labels);
});
