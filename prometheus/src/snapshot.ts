import type { Thresholds } from "./objectives.ts";
import type { RecordingRule } from "./rule.ts";

/**
 * The database's figure, once, however many replicas of the exporter tell it: never their sum. A replica whose snapshot
 * is old must not win the max, so only fresh ones count.
 * @param metric `tts_db_…`, recorded as `tts:db_…:max`
 */
export function snapshotMax(
  { freshSeconds }: Thresholds,
  metric: `tts_db_${string}`,
  labels: readonly string[] = [],
): RecordingRule {
  const name = metric.replace(/^tts_/, "").replace(/_total$/, "");
  const by = labels.length > 0 ? `max by (${labels.join(", ")})` : "max";
  const fresh = `time() - tts_db_snapshot_timestamp_seconds < ${freshSeconds}`;
  return { record: `tts:${name}:max`, expr: `${by} (\n  ${metric} and on (instance) (${fresh})\n)` };
}
