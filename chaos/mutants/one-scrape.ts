import { readExposition } from "../checker/exposition.ts";
import type { Scrape } from "../recording/entries.ts";
import {
  isExporter,
  type Mutant,
  oneEntry,
  oneSnapshot,
  valueIn,
  withLines,
  withMore,
  without,
  withValue,
} from "./mutant.ts";

const more = (value: number) => value + 1;
const less = (value: number) => value - 1;
const success = "tts_monitor_collector_success";

/** What is wrong within one answer. */
export const IN_ONE_SCRAPE: readonly Mutant[] = [
  oneSnapshot("a start is not counted", "sums", (scrape) =>
    withValue(scrape, "tts_db_tasks_started_total", {}, less),
  ),
  oneSnapshot("a pending row is counted twice", "sums", (scrape) =>
    withValue(scrape, "tts_db_tasks", { status: "pending" }, more),
  ),
  oneSnapshot("rows and books are of two snapshots", "sums", (scrape) =>
    withValue(scrape, "tts_db_concurrency_in_use", {}, more),
  ),
  oneSnapshot("the ratio is rounded", "sums", (scrape) => {
    const ratio = valueIn(scrape, "tts_db_success_ratio");
    const rounded = Math.round(100 * ratio) / 100;
    if (Number.isNaN(ratio) || rounded === ratio) return undefined;
    return withValue(scrape, "tts_db_success_ratio", {}, () => rounded);
  }),
  oneSnapshot("a failure has two reasons", "failures", (scrape) =>
    withValue(scrape, "tts_db_task_failures_total", { reason: "internal" }, more),
  ),
  oneSnapshot("a histogram's count is off by one", "failures", (scrape) =>
    withValue(scrape, "tts_db_task_duration_seconds_count", { outcome: "completed" }, more),
  ),
  oneSnapshot("a start without its wait", "failures", (scrape) =>
    withValue(scrape, "tts_db_task_queue_wait_seconds_count", {}, less),
  ),
  oneSnapshot("a bucket is not cumulative", "buckets", (scrape) => {
    const count = valueIn(scrape, "tts_db_task_duration_seconds_count", { outcome: "completed" });
    return withValue(
      scrape,
      "tts_db_task_duration_seconds_bucket",
      { outcome: "completed", le: "0.5" },
      () => count + 1,
    );
  }),
  oneSnapshot("the last bucket lacks one", "buckets", (scrape) =>
    withValue(scrape, "tts_db_task_queue_wait_seconds_bucket", { le: "+Inf" }, more),
  ),
  oneEntry("a worker's bucket is not cumulative", "buckets", "scrape", (scrape) => {
    if (scrape.status !== 200 || isExporter(scrape)) return undefined;
    return [withValue(scrape, "tts_worker_task_queue_wait_seconds_bucket", { le: "0.1" }, () => 1_000_000)];
  }),
  oneSnapshot("old numbers while the database is away", "families", (scrape) =>
    withValue(scrape, "tts_db_up", {}, () => 0),
  ),
  oneSnapshot("zeros while the database is away", "families", (scrape) =>
    withMore(
      withValue(down(scrape), success, {}, () => 0),
      'tts_db_tasks{status="pending"} 0',
    ),
  ),
  oneSnapshot("a collector that succeeds while the database is away", "families", down),
  oneEntry("a worker loses a result", "zeros", "scrape", (scrape) =>
    scrape.status !== 200 || isExporter(scrape)
      ? undefined
      : [withValue(scrape, "tts_worker_events_lost_total", {}, more)],
  ),
  oneSnapshot("an audit finds the books wrong", "zeros", (scrape) => {
    const drift = "tts_monitor_audit_drift";
    return withMore(without(scrape, drift), `${drift}{ledger="tasks"} 1`);
  }),
  oneSnapshot("a family is gone", "families", (scrape) => without(scrape, "tts_db_workers")),
  oneSnapshot("a label's value is there only when it is not 0", "families", (scrape) =>
    without(scrape, "tts_db_task_failures_total", { reason: "storage_error" }),
  ),
  oneSnapshot("something of a collector that failed", "families", (scrape) =>
    withValue(scrape, success, { collector: "stuck" }, () => 0),
  ),
  oneSnapshot("a family that nobody has defined", "families", (scrape) =>
    withMore(scrape, "tts_db_tasks_lost 0"),
  ),
  oneEntry("a worker forgets a series", "families", "scrape", (scrape) =>
    scrape.status !== 200 || isExporter(scrape)
      ? undefined
      : [without(scrape, "tts_worker_late_writes_total", { operation: "fail" })],
  ),
  oneSnapshot("the jobs' counters are gone", "families", (scrape) =>
    without(scrape, "tts_monitor_job_runs_total", { job: "sweep" }),
  ),
  oneSnapshot("a series is there twice", "well formed", (scrape) => withMore(scrape, "tts_db_up 1")),
  oneSnapshot("the answer is cut off", "well formed", (scrape) => ({
    ...scrape,
    body: scrape.body.slice(0, -5),
  })),
  oneSnapshot("a value is missing", "well formed", (scrape) =>
    withLines(scrape, (line) => [line.replace(/^(tts_db_texts) .*$/, "$1 NaN")]),
  ),
  oneSnapshot("a user's text is a label", "labels", (scrape, [begin]) => {
    const mark = begin?.type === "begin" ? begin.settings.userMark : "";
    return withMore(scrape, `tts_db_worker_heartbeat_age_seconds{worker="${mark} 1"} 0`);
  }),
  oneSnapshot("an error's text is a reason", "labels", (scrape) =>
    withMore(scrape, 'tts_db_task_failures_total{reason="429 from the provider"} 0'),
  ),
  oneSnapshot("more tasks run than may", "limit", (scrape, [begin]) => {
    const limit = begin?.type === "begin" ? begin.settings.globalLimit : 0;
    const inUse = withValue(scrape, "tts_db_concurrency_in_use", {}, () => limit + 1);
    return withValue(inUse, "tts_db_tasks", { status: "processing" }, () => limit + 1);
  }),
  oneSnapshot("the limit is forgotten", "limit", (scrape) =>
    without(scrape, "tts_db_concurrency_limit", { scope: "global" }),
  ),
];

/** As it would be with the database away, but for the collectors. */
function down(scrape: Scrape): Scrape {
  const collectors = readExposition(scrape).series.some(({ name }) => name === success);
  const away = withLines(scrape, (line) => (/^tts_db_(?!up)/.test(line) ? [] : [line]));
  return collectors ? withValue(away, "tts_db_up", {}, () => 0) : away;
}
