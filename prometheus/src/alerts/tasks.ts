import type { Thresholds } from "../objectives.ts";
import { type AlertRule, alert } from "../rule.ts";
import { counted, queried } from "../template.ts";

const OLDEST =
  'with printf "topk(3, max by (text_id, worker) (tts_db_stuck_task_age_seconds{cause=%q}))" $labels.cause | query';

export function tasksAlerts({ stuckSeconds, timeoutsRatio, fewestTimeouts }: Thresholds): AlertRule[] {
  return [
    alert("TTSTaskStuck", {
      severity: "critical",
      expr: `max_over_time(tts:db_tasks_stuck:max{cause!="never_claimed"}[2m]) > 0
unless on (cause) max_over_time(tts:db_tasks_stuck_max_age_seconds:max[2m]) < ${stuckSeconds}`,
      for: "3m",
      summary: "Tasks are overdue and nothing ends them.",
      description: `${counted("task", "tasks")} should have been ended by the sweeper ({{ $labels.cause }}), the oldest of{{ ${OLDEST} }}{{ range $place, $text := . }}{{ if $place }},{{ end }} text {{ .Labels.text_id }} on {{ .Labels.worker }} ({{ .Value | humanizeDuration }}){{ end }}{{ else }} unknown texts{{ end }}.`,
      dashboard: ["tts-tasks", { status: "stuck" }],
      why: `Looks back 2 m, so that a failed scrape does not start the waiting again. Every task is overdue for the moment
before it is swept: where many are, one always is, so one that has been so for long is asked for.`,
    }),
    alert("TTSTaskNeverClaimed", {
      severity: "critical",
      expr: 'max_over_time(tts:db_tasks_stuck:max{cause="never_claimed"}[2m]) > 0',
      for: "5m",
      summary: "Tasks wait and no worker takes them.",
      description: `${counted("pending task is", "pending tasks are")} older than the pending timeout; live workers: ${queried('tts:db_workers:max{state="live"}')}.`,
      dashboard: ["tts-tasks", { status: "pending" }],
    }),
    alert("TTSTaskTimeoutsHigh", {
      severity: "warning",
      expr: `sum(tts:tasks_finished:increase15m{outcome="timeout"}) / (sum(tts:tasks_finished:increase15m) > 0) > ${timeoutsRatio}
and sum(tts:tasks_finished:increase15m{outcome="timeout"}) >= ${fewestTimeouts}`,
      for: "10m",
      summary: "Many tasks run into their timeout.",
      description: `{{ $value | humanizePercentage }} of the tasks that ended in the last 15 minutes were timeouts (${queried('sum(tts:tasks_finished:increase15m{outcome="timeout"})')} tasks).`,
      dashboard: ["tts-tasks", { status: "timeout" }],
    }),
  ];
}
