import type { Thresholds } from "../objectives.ts";
import { type AlertRule, alert, OUTLASTS_MUTED } from "../rule.ts";
import { counted, queried } from "../template.ts";

const UP = 'up{job="tts-worker"}';

/** Are there workers at all, and all of them? */
export function workerPoolAlerts({ expectedWorkers, silentSeconds }: Thresholds): AlertRule[] {
  return [
    alert("TTSWorkersAllDown", {
      severity: "critical",
      expr: `(sum(${UP}) or vector(0)) == 0
unless on () sum(tts:db_workers:max{state="live"}) > 0`,
      for: "2m",
      keepFiringFor: OUTLASTS_MUTED,
      summary: "No worker answers, so no text is spoken.",
      description: `Prometheus reaches no target of the job tts-worker, and the database hears from none. Pending tasks: ${queried('tts:db_tasks:max{status="pending"}')}.`,
      dashboard: ["tts-workers"],
      why: `Workers that report over HTTP are not scraped: the database knows them. Fires on for longer than the 2 m by
which the alerts that it mutes look back: else they would be told after its end.`,
    }),
    alert("TTSWorkersBelowExpected", {
      severity: "warning",
      expr: `sum(tts:db_workers:max{state="live"}) < ${expectedWorkers}`,
      for: "10m",
      summary: "There are fewer workers than there should be.",
      description: `${counted("worker lives", "workers live")}, of ${expectedWorkers} expected.`,
      dashboard: ["tts-workers"],
    }),
    alert("TTSWorkerLost", {
      severity: "warning",
      expr: 'tts:db_workers:max{state="lost"} > 0',
      for: "2m",
      summary: "A worker has stopped without saying goodbye.",
      description: `${counted("worker has not renewed its heartbeat", "workers have not renewed their heartbeat")} within its timeout. Longest silent:{{ range query "topk(3, max by (worker) (tts_db_worker_heartbeat_age_seconds) > ${silentSeconds})" }} {{ .Labels.worker }} ({{ .Value | humanizeDuration }}){{ end }}.`,
      dashboard: ["tts-workers"],
      why: `From the database, not from \`up\`: a worker that is gone from the discovery has no \`up\`. Its tasks, where nobody
ends them, are TTSTaskStuck.`,
    }),
    alert("TTSWorkerDown", {
      severity: "warning",
      expr: `${UP} == 0
unless on () (sum(${UP}) == 0 unless on () sum(tts:db_workers:max{state="live"}) > 0)`,
      for: "5m",
      summary: "Prometheus cannot scrape a worker.",
      description:
        "{{ $labels.worker }} at {{ $labels.instance }} has not answered Prometheus for 5 minutes.",
      dashboard: ["tts-workers", { worker: "{{ $labels.worker }}" }],
      why: "Unless it is TTSWorkersAllDown.",
    }),
    alert("TTSWorkerSlotConflict", {
      severity: "warning",
      expr: "increase(tts:db_slot_conflicts:max[15m]) > 0",
      summary: "Two worker processes have been given one name.",
      description: `${counted("time", "times")} in 15 minutes a worker process that lives found its slot name taken by another one. The older one has aborted its tasks and does nothing more: give each process a name of its own.`,
      dashboard: ["tts-workers"],
    }),
  ];
}
