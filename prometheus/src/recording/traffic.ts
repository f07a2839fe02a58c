import type { Thresholds } from "../objectives.ts";
import type { RecordingRule } from "../rule.ts";
import { snapshotMax } from "../snapshot.ts";

const API_ENDS = 'route=~"/api/tasks/:task_id/(complete|fail)", code="200"';

/** What has happened. */
export function trafficRules(thresholds: Thresholds): RecordingRule[] {
  const max = snapshotMax.bind(undefined, thresholds);
  return [
    {
      ...max("tts_db_tasks_created_total"),
      why: `A rate or an increase over a max of counters is right here only because all replicas export one and the
same ledger, which never falls: a replica that comes or goes moves nothing, as long as no scrape is rarer than the
group's interval. (A restored older backup is a ledger that fell: its past then counts again.)`,
    },
    max("tts_db_tasks_started_total"),
    max("tts_db_tasks_finished_total", ["outcome"]),
    max("tts_db_late_writes_total"),
    max("tts_db_slot_conflicts_total"),
    { record: "tts:tasks_created:rate5m", expr: "rate(tts:db_tasks_created:max[5m])" },
    { record: "tts:tasks_started:rate5m", expr: "rate(tts:db_tasks_started:max[5m])" },
    { record: "tts:tasks_finished:rate5m", expr: "rate(tts:db_tasks_finished:max[5m])" },
    { record: "tts:tasks_created:increase15m", expr: "increase(tts:db_tasks_created:max[15m])" },
    { record: "tts:tasks_finished:increase15m", expr: "increase(tts:db_tasks_finished:max[15m])" },
    {
      record: "tts:queue_drain_seconds:rate5m",
      expr: 'sum(tts:db_tasks:max{status="pending"}) / (sum(tts:tasks_finished:rate5m) > 0)',
      why: "How long what waits would take at the present pace; no sample where nothing is finished.",
    },
    {
      record: "tts:planes_finished:difference_increase1h",
      expr: `sum(increase(tts:db_tasks_finished:max[1h]))
  - sum(increase(tts_monitor_sweeper_tasks_total[1h]))
  - sum(increase(tts_worker_tasks_finished_total[1h]))
  - (sum(increase(tts_monitor_http_request_duration_seconds_count{${API_ENDS}}[1h])) or vector(0))`,
      why: "Tasks that the database saw end, less what the sweepers, the workers and reports over HTTP ended.",
    },
  ];
}
