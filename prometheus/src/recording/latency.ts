import type { Thresholds } from "../objectives.ts";
import type { RecordingRule } from "../rule.ts";
import { snapshotMax } from "../snapshot.ts";

const QUANTILES = [0.5, 0.95, 0.99];

/** Quantiles of the last five minutes, from the database's histograms; no sample where nothing came to its end. */
export function latencyRules(thresholds: Thresholds): RecordingRule[] {
  return [
    snapshotMax(thresholds, "tts_db_task_duration_seconds_bucket", ["outcome", "le"]),
    snapshotMax(thresholds, "tts_db_task_queue_wait_seconds_bucket", ["le"]),
    ...quantiles("task_duration_seconds", '{outcome="completed"}'),
    ...quantiles("task_queue_wait_seconds", ""),
  ];
}

function quantiles(name: string, selector: string): RecordingRule[] {
  const buckets = `sum by (le) (rate(tts:db_${name}_bucket:max${selector}[5m]))`;
  return QUANTILES.map((quantile) => ({
    record: `tts:${name}:quantile5m`,
    labels: { quantile: String(quantile) },
    expr: `histogram_quantile(${quantile}, ${buckets})\n  and on () (sum(${buckets}) > 0)`,
  }));
}
