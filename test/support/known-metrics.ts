import { readFileSync } from "node:fs";
import { RECORDINGS } from "./rules.ts";

interface KnownMetric {
  type: string;
  labels: string[];
}

/** What Prometheus adds to the series of a target; `worker` comes from the discovery. */
export const TARGET_LABELS: readonly string[] = ["job", "instance", "worker"];

/** Metrics of the programs around us that rules, runbooks and dashboards read. */
const FOREIGN: Readonly<Record<string, KnownMetric>> = Object.fromEntries(
  Object.entries({
    gauge: {
      up: [],
      scrape_duration_seconds: [],
      scrape_samples_post_metric_relabeling: [],
      process_start_time_seconds: [],
      process_resident_memory_bytes: [],
      process_open_fds: [],
      process_max_fds: [],
      nodejs_eventloop_lag_p99_seconds: [],
      nodejs_eventloop_lag_max_seconds: [],
      nodejs_heap_size_used_bytes: [],
      nodejs_external_memory_bytes: [],
      prometheus_config_last_reload_successful: [],
      alertmanager_config_last_reload_successful: [],
      prometheus_notifications_alertmanagers_discovered: [],
      prometheus_notifications_queue_length: [],
      prometheus_rule_group_last_duration_seconds: ["rule_group"],
      prometheus_rule_group_interval_seconds: ["rule_group"],
      prometheus_rule_group_last_evaluation_timestamp_seconds: ["rule_group"],
      prometheus_tsdb_lowest_timestamp_seconds: [],
      alertmanager_alerts: ["state"],
      ALERTS_FOR_STATE: ["alertname", "severity", "service", "slo", "long", "short"],
      ALERTS: ["alertname", "alertstate", "severity", "service", "slo", "long", "short"],
    },
    counter: {
      process_cpu_seconds_total: [],
      nodejs_gc_duration_seconds_sum: ["kind"],
      prometheus_sd_http_failures_total: [],
      prometheus_rule_evaluation_failures_total: ["rule_group"],
      prometheus_rule_group_iterations_missed_total: ["rule_group"],
      prometheus_notifications_dropped_total: [],
      prometheus_notifications_errors_total: ["alertmanager"],
      prometheus_notifications_sent_total: ["alertmanager"],
      alertmanager_notifications_failed_total: ["integration"],
      alertmanager_notifications_total: ["integration"],
    },
  }).flatMap(([type, metrics]) =>
    Object.entries(metrics).map(([name, labels]) => [name, { type, labels: labels as string[] }]),
  ),
);

/** Ours, from docs/metrics.md, which is generated from their definitions. */
const OWN = Object.fromEntries(
  [...readFileSync("docs/metrics.md", "utf8").matchAll(/^\| `(tts_\w+)` \| (\w+) \| ([\w, ]*) \|/gm)].flatMap(
    ([, name = "", type = "", labels = ""]) => seriesOf(name, type, labels.split(", ").filter(Boolean)),
  ),
);

const RECORDED = new Set(RECORDINGS.map(({ record }) => record));

/** Undefined where nothing exposes such a metric; a recorded one is a gauge of unknown labels. */
export function knownMetric(name: string): KnownMetric | undefined {
  if (RECORDED.has(name)) return { type: "recorded", labels: [] };
  return OWN[name] ?? FOREIGN[name];
}

/** A histogram's buckets, sum and count are counters; Prometheus' own label `job` pushes ours aside. */
function seriesOf(name: string, type: string, own: string[]): [string, KnownMetric][] {
  const labels = own.map((label) => (label === "job" ? "exported_job" : label));
  if (type !== "histogram") return [[name, { type, labels }]];
  return ["_bucket", "_sum", "_count"].map((suffix) => [
    name + suffix,
    { type: "counter", labels: suffix === "_bucket" ? [...labels, "le"] : labels },
  ]);
}
