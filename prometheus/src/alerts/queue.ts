import type { Thresholds } from "../objectives.ts";
import { type AlertRule, alert } from "../rule.ts";
import { COUNT, counted, queried, queriedCount } from "../template.ts";

const PENDING = 'tts:db_tasks:max{status="pending"}';

export function queueAlerts(thresholds: Thresholds): AlertRule[] {
  const { backlogTasks, backlogRatio, oldestPendingSeconds, saturationRatio } = thresholds;
  return [
    alert("TTSQueueBacklogGrowing", {
      severity: "warning",
      expr: `sum(${PENDING}) > ${backlogTasks}
and sum(deriv(${PENDING}[15m])) > 0
and sum(tts:tasks_finished:increase15m) < ${backlogRatio} * sum(tts:tasks_created:increase15m)`,
      for: "15m",
      keepFiringFor: "10m",
      summary: "More tasks come than are finished.",
      description: `${COUNT} tasks wait, and more come than go: in 15 minutes ${queried("sum(tts:tasks_created:increase15m)")} were recorded and ${queried("sum(tts:tasks_finished:increase15m)")} finished.`,
      dashboard: ["tts-overview"],
    }),
    alert("TTSQueueOldestTooOld", {
      severity: "critical",
      expr: `max_over_time(tts:db_oldest_pending_age_seconds:max[2m]) > ${oldestPendingSeconds}`,
      for: "5m",
      summary: "Tasks wait too long for a worker.",
      description: `The oldest pending task has waited for {{ $value | humanizeDuration }}; ${queriedCount(PENDING, "task waits", "tasks wait")}.`,
      dashboard: ["tts-tasks", { status: "pending" }],
    }),
    alert("TTSQueueStalled", {
      severity: "critical",
      expr: `sum(min_over_time(${PENDING}[15m])) > 0
and sum(tts:tasks_finished:increase15m) == 0
and sum(max_over_time(tts:db_workers:max{state="live"}[2m])) > 0`,
      for: "10m",
      summary: "Tasks wait, workers live, and nothing is finished.",
      description: `At least ${counted("task has waited", "tasks have waited")} throughout 15 minutes in which no task ended, although ${queriedCount('tts:db_workers:max{state="live"}', "worker lives", "workers live")}.`,
      dashboard: ["tts-tasks", { status: "processing" }],
    }),
    alert("TTSConcurrencySaturated", {
      severity: "warning",
      expr: `avg_over_time(tts:db_concurrency:ratio[10m]) >= ${saturationRatio}
and on () sum(avg_over_time(${PENDING}[10m])) >= 1`,
      for: "5m",
      summary: "All slots are taken, and tasks wait.",
      description: `{{ $value | humanizePercentage }} of the slots were in use over 10 minutes; ${queried("tts:db_concurrency_in_use:max")} of ${queried("min(tts:db_concurrency_limit:max)")} now.`,
      dashboard: ["tts-overview"],
      why: "The mean, for between two short tasks a slot is free for a moment.",
    }),
    alert("TTSConcurrencyOverLimit", {
      severity: "critical",
      expr: `max_over_time(tts:db_concurrency_in_use:max[2m])
> on () max_over_time(tts:db_concurrency_limit:max{scope="global"}[1h])
and on () present_over_time(tts:db_concurrency_limit:max{scope="global"}[2m])`,
      for: "5m",
      summary: "More tasks run than the global limit allows.",
      description: `${counted("task is", "tasks are")} in processing; in the last hour the global limit was never above ${queried('max_over_time(tts:db_concurrency_limit:max{scope="global"}[1h])')}.`,
      dashboard: ["tts-tasks", { status: "processing" }],
      why: `Against the hour's highest limit, while there is one: lowering it stops new starts only, and a task may run for 40 minutes. Only
the global limit is never exceeded; a lost worker's limit goes before its tasks do.`,
    }),
  ];
}
