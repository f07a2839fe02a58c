import type { Thresholds } from "../objectives.ts";
import { type AlertRule, alert } from "../rule.ts";
import type { Dashboard } from "../sites.ts";
import { COUNT, counted } from "../template.ts";

const JOB = '{job="tts-worker"}';
const DASHBOARD: Dashboard = ["tts-workers", { worker: "{{ $labels.worker }}" }];

/** One worker that answers, and what is wrong with it. */
export function workersAlerts(thresholds: Thresholds): AlertRule[] {
  return [...conduct(thresholds), ...resources(thresholds), ...results(thresholds)];
}

function conduct({ progressSeconds, restarts }: Thresholds): AlertRule[] {
  return [
    alert("TTSWorkerWedged", {
      severity: "critical",
      expr: `time() - tts_worker_last_progress_timestamp_seconds > ${progressSeconds}
and on (job, instance) up == 1`,
      for: "2m",
      summary: "A worker answers but does nothing.",
      description:
        "{{ $labels.worker }} at {{ $labels.instance }} has neither worked nor looked for work for {{ $value | humanizeDuration }}.",
      dashboard: DASHBOARD,
    }),
    alert("TTSWorkerRestartLoop", {
      severity: "warning",
      expr: `changes(worker:process_start_time_seconds:max[15m]) > ${restarts}`,
      keepFiringFor: "5m",
      summary: "A worker starts again and again.",
      description: `{{ $labels.worker }} has started ${COUNT} times in 15 minutes.`,
      dashboard: DASHBOARD,
    }),
  ];
}

function resources({ eventLoopLagSeconds, workerMemoryBytes, workerMemoryRatio }: Thresholds): AlertRule[] {
  return [
    alert("TTSWorkerEventLoopLag", {
      severity: "warning",
      expr: `avg_over_time(nodejs_eventloop_lag_p99_seconds${JOB}[2m]) > ${eventLoopLagSeconds}`,
      for: "5m",
      keepFiringFor: "5m",
      summary: "A worker's event loop is blocked.",
      description:
        "On {{ $labels.worker }} one turn in a hundred of the event loop comes {{ $value | humanizeDuration }} late; its heartbeats may come too late too.",
      dashboard: DASHBOARD,
    }),
    alert("TTSWorkerMemoryGrowth", {
      severity: "warning",
      expr: `predict_linear(process_resident_memory_bytes${JOB}[6h], 21600) > ${workerMemoryBytes}
and process_resident_memory_bytes${JOB} > ${workerMemoryRatio * workerMemoryBytes}`,
      for: "1h",
      summary: "A worker's memory grows towards its limit.",
      description: `At the pace of the last six hours {{ $labels.worker }} will have {{ $value | humanize1024 }}B in six more; its limit is ${workerMemoryBytes / 2 ** 20} MiB.`,
      dashboard: DASHBOARD,
    }),
  ];
}

function results({ lateWrites }: Thresholds): AlertRule[] {
  return [
    alert("TTSWorkerEventsLost", {
      severity: "critical",
      expr: `increase(tts_worker_events_lost_total[15m]) > 0
or tts_worker_events_lost_total > 0 and on (job, instance) (time() - process_start_time_seconds < 900)`,
      summary: "Results of tasks are lost.",
      description: `${counted("result", "results")} of {{ $labels.worker }} will never reach the database: their audio may be there, their tasks end as timeouts.`,
      dashboard: DASHBOARD,
      why: "What a new process lost before its first scrape is no increase.",
    }),
    alert("TTSWorkerEventsBuffered", {
      severity: "warning",
      expr: "min_over_time(tts_worker_events_buffered[2m]) > 0",
      for: "5m",
      summary: "A worker's results wait for the database.",
      description: `At least ${counted("result of {{ $labels.worker }} has waited", "results of {{ $labels.worker }} have waited")} for the database throughout; without a spool they are lost where the process ends.`,
      dashboard: DASHBOARD,
    }),
    alert("TTSLateWrites", {
      severity: "warning",
      expr: `round(increase(tts:db_late_writes:max[15m])) > ${lateWrites}`,
      summary: "Reports come after their tasks have ended.",
      description: `${COUNT} reports came in 15 minutes for tasks that had ended, most by timeout: work is done for nothing.`,
      dashboard: ["tts-tasks", { status: "timeout" }],
    }),
  ];
}
