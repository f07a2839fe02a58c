import { THRESHOLDS } from "../../../../prometheus/src/objectives.ts";
import { BAD, GOOD, STATUS_COLOURS } from "../../colours.ts";
import type { PanelBuilder } from "../../panels/panel.ts";
import { series } from "../../panels/series.ts";
import { sqlTable } from "../../panels/table.ts";
import { scale } from "../../thresholds.ts";
import { isChosen } from "../../variables.ts";
import { STATUS_COLUMN, secondsColumn } from "./columns.ts";
import { STUCK_TASKS, seconds } from "./matching.ts";
import { isText } from "./text-id.ts";

export function ages(): PanelBuilder {
  return sqlTable({
    title: "Ages by status",
    description:
      "How old the living tasks of the chosen workers and text are now, from the time that they were recorded; stuck ones count here alone. Normal is no stuck task, and a median of what waits in seconds. Old ones that wait: too few workers (TTSQueueOldestTooOld); old ones that run: a provider that hangs.",
    noValue: "the database gives no answer",
    width: 12,
    height: 8,
    sql: `
with stuck as materialized (${STUCK_TASKS}),
alive as (
  select case when stuck.id is null then t.status else 'stuck' end as status,
    ${seconds("statement_timestamp() - t.created_at")} as age
  from (
    select id, text_id, worker, status, created_at from tts_monitor.tasks where status = 'pending'
    union all
    select id, text_id, worker, status, created_at from tts_monitor.tasks where status = 'processing'
  ) t
  left join stuck on stuck.id = t.id
  where ${isChosen("t.worker", "worker")} and ${isText("t.text_id")}
)
select listed.status as "Status", count(alive.age) as "Tasks", max(alive.age) as "Oldest",
  percentile_cont(0.5) within group (order by alive.age) as "Median", min(alive.age) as "Newest"
from (values (1, 'stuck'), (2, 'processing'), (3, 'pending')) listed (place, status)
left join alive on alive.status = listed.status
group by listed.place, listed.status
order by listed.place
limit 3`,
    columns: [
      STATUS_COLUMN,
      { title: "Tasks", unit: "locale", decimals: 0, width: 90 },
      secondsColumn("Oldest"),
      secondsColumn("Median"),
      secondsColumn("Newest"),
    ],
  });
}

export function oldest(): PanelBuilder {
  return series({
    title: "Oldest by status",
    description: `How old the oldest task was at each moment: of what waits since its record, of what runs since its start, of what is stuck since it should have moved. Normal is a saw with small teeth. Above the line a task that waits is too old, and TTSQueueOldestTooOld pages; a stuck one that grows for over ${THRESHOLDS.stuckSeconds} seconds is TTSTaskStuck.`,
    noValue: "the exporter has not been read in this time",
    width: 12,
    height: 8,
    queries: [
      { expr: "tts:db_oldest_pending_age_seconds:max", legend: "pending" },
      { expr: "tts:db_oldest_processing_age_seconds:max", legend: "processing" },
      { expr: "max(tts:db_tasks_stuck_max_age_seconds:max)", legend: "stuck" },
    ],
    unit: "s",
    min: 0,
    colours: {
      pending: STATUS_COLOURS.pending,
      processing: STATUS_COLOURS.processing,
      stuck: STATUS_COLOURS.stuck,
    },
    limits: scale(GOOD, [THRESHOLDS.oldestPendingSeconds, BAD]),
  });
}
