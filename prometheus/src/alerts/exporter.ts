import type { Thresholds } from "../objectives.ts";
import { type AlertRule, alert, OUTLASTS_MUTED } from "../rule.ts";

const UP = 'up{job="tts-exporter"}';
const LAST_SUCCESS = "tts_monitor_job_last_success_timestamp_seconds";

export function exporterAlerts(thresholds: Thresholds): AlertRule[] {
  const { scrapeSeconds, sweepSeconds, jobSeconds } = thresholds;
  return [
    alert("TTSExporterDown", {
      severity: "critical",
      expr: `absent(${UP} == 1)`,
      for: "2m",
      keepFiringFor: OUTLASTS_MUTED,
      summary: "No exporter answers, so nothing is known of the tasks.",
      description: "Prometheus reaches no target of the job tts-exporter.",
      dashboard: ["tts-monitor"],
      why: "absent() answers both for exporters that are down and for none being configured.",
    }),
    alert("TTSExporterReplicaDown", {
      severity: "warning",
      expr: `${UP} == 0 unless on () sum(${UP}) == 0`,
      for: "15m",
      summary: "One of the exporters does not answer.",
      description: "{{ $labels.instance }} has not answered Prometheus for 15 minutes; others do the work.",
      dashboard: ["tts-monitor"],
    }),
    alert("TTSScrapeSlow", {
      severity: "warning",
      expr: `avg_over_time(scrape_duration_seconds{job="tts-exporter"}[5m]) > ${scrapeSeconds.exporter}
or avg_over_time(scrape_duration_seconds{job="tts-worker"}[5m]) > ${scrapeSeconds.worker}`,
      for: "10m",
      keepFiringFor: "5m",
      summary: "Scrapes take too long.",
      description:
        "A scrape of {{ $labels.instance }} ({{ $labels.job }}) takes {{ $value | humanizeDuration }}; it should be milliseconds, however many tasks there are.",
      dashboard: ["tts-monitor"],
    }),
    alert("TTSSweeperStalled", {
      severity: "critical",
      expr: `time() - max(last_over_time(${LAST_SUCCESS}{exported_job="sweep"}[2m])) > ${sweepSeconds}
or absent(last_over_time(${LAST_SUCCESS}{exported_job="sweep"}[2m])) and on () (${UP} == 1)`,
      for: "1m",
      summary: "Nobody ends overdue tasks or those of lost workers.",
      description: `On no exporter has the job sweep succeeded for over ${sweepSeconds} seconds.`,
      dashboard: ["tts-monitor"],
      why: `\`job\` is Prometheus' own label: the metric's comes as \`exported_job\`. Twelve intervals of 5 s, for the
newest sample itself may be a scrape interval old.`,
    }),
    ...Object.entries(jobSeconds).map(([job, seconds]) => jobFailing(job, seconds)),
  ];
}

function jobFailing(job: string, seconds: number): AlertRule {
  const last = `last_over_time(${LAST_SUCCESS}{exported_job="${job}"}[5m])`;
  return alert("TTSJobFailing", {
    severity: "warning",
    expr: `time() - max(${last}) > ${seconds}
or absent(${last}) and on () (time() - process_start_time_seconds{job="tts-exporter"} > ${seconds})`,
    for: "10m",
    labels: { exported_job: job },
    summary: "A background job of the exporter does not succeed.",
    description: `On no exporter has the job ${job} succeeded for over ${seconds / 60} minutes.`,
    dashboard: ["tts-monitor"],
  });
}
