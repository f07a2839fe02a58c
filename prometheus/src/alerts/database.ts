import type { Thresholds } from "../objectives.ts";
import { type AlertRule, alert, OUTLASTS_MUTED } from "../rule.ts";
import { COUNT, queried } from "../template.ts";

/** Is what is shown true and fresh? */
export function databaseAlerts({ staleSeconds, planesTasks, planesRatio }: Thresholds): AlertRule[] {
  const newest = "max_over_time(tts_db_snapshot_timestamp_seconds[2m])";
  return [
    alert("TTSDatabaseDown", {
      severity: "critical",
      expr: "max(last_over_time(tts_db_up[2m])) == 0",
      for: "1m",
      keepFiringFor: OUTLASTS_MUTED,
      summary: "The database does not answer the exporter.",
      description: `No exporter of ${queried("count(last_over_time(tts_db_up[2m]))")} could take a snapshot; each one's /-/ready says why.`,
      dashboard: ["tts-monitor"],
      why: `The last word within 2 m, so that a failed scrape does not start the waiting again. Fires on for longer than
the 2 m by which the alerts that it mutes look back: else they would be told after its end.`,
    }),
    alert("TTSSnapshotStale", {
      severity: "critical",
      expr: `time() - max(${newest}) > ${staleSeconds}
or absent(${newest})`,
      for: "2m",
      keepFiringFor: OUTLASTS_MUTED,
      summary: "The numbers are old.",
      description: `The newest snapshot of the database is {{ if eq $value 1.0 }}missing{{ else }}{{ $value | humanizeDuration }} old{{ end }}: dashboards and alerts say nothing of now. Where the exporters look well, compare the clocks.`,
      dashboard: ["tts-monitor"],
    }),
    alert("TTSCollectorFailing", {
      severity: "warning",
      expr: "max_over_time(tts_monitor_collector_success[2m]) == 0",
      for: "5m",
      summary: "A part of the numbers is missing.",
      description:
        "The collector {{ $labels.collector }} of {{ $labels.instance }} fails: its families are absent. The exporter's log says why.",
      dashboard: ["tts-monitor"],
    }),
    alert("TTSLedgerDrift", {
      severity: "critical",
      expr: "max by (ledger) (abs(last_over_time(tts_monitor_audit_drift[2m]))) > 0",
      summary: "The books disagree with the rows.",
      description: `The ledger {{ $labels.ledger }} is off by ${COUNT}: totals and success rate are wrong, probably because triggers were bypassed.`,
      dashboard: ["tts-monitor"],
    }),
    alert("TTSPlanesDisagree", {
      severity: "warning",
      expr: `abs(tts:planes_finished:difference_increase1h) > ${planesTasks}
and abs(tts:planes_finished:difference_increase1h) > ${planesRatio} * sum(increase(tts:db_tasks_finished:max[1h]))
and min_over_time(tts:workers_up:sum[1h]) == on () sum(max_over_time(tts:db_workers:max{state="live"}[1h]))
unless max(time() - worker:process_start_time_seconds:max < bool 3600) == 1`,
      for: "30m",
      summary: "Workers and database count different ends of tasks.",
      description: `In an hour the database saw ${COUNT} tasks more or fewer end than workers, sweepers and the API ended.`,
      dashboard: ["tts-monitor"],
      why: `Silent where a worker was away or unscraped (it may report over HTTP) or has started within the hour: then the
difference means nothing.`,
    }),
  ];
}
