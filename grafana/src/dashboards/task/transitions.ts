import { MUTED, STATUS_COLOURS, WARNING } from "../../colours.ts";
import { mapping } from "../../mappings.ts";
import type { PanelBuilder } from "../../panels/panel.ts";
import { sqlTable } from "../../panels/table.ts";
import { REASON_COLUMN, secondsColumn, timeColumn } from "../tasks/columns.ts";
import { seconds } from "../tasks/matching.ts";
import { TEXT_ID } from "../tasks/text-id.ts";
import { OR_NO_NUMBER } from "./text.ts";

const EVENT_COLOURS = {
  recorded: STATUS_COLOURS.pending,
  started: STATUS_COLOURS.processing,
  deadline: WARNING,
  completed: STATUS_COLOURS.completed,
  failed: STATUS_COLOURS.failed,
  timeout: STATUS_COLOURS.timeout,
  "late result": WARNING,
  followed: MUTED,
  follows: MUTED,
} as const;

// At the same moment, what comes first comes first.
const TRANSITIONS = `
with own as materialized (
  select id, status, worker, reason, created_at, started_at, deadline_at, finished_at, late_at
  from tts_monitor.tasks where text_id = ${TEXT_ID} order by id desc limit 50
),
happened as (
  select created_at as at, 1 as step, 'recorded' as event, id as task, null::text as who, null::text as reason from own
  union all select started_at, 2, 'started', id, worker, null from own where started_at is not null
  union all select deadline_at, 3, 'deadline', id, worker, null
    from own where deadline_at < coalesce(finished_at, 'infinity')
  union all select finished_at, 4, status, id, worker, reason from own where finished_at is not null
  union all select late_at, 5, 'late result', id, worker, null from own where late_at is not null
  union all (
    select f.followed_at, 6, 'followed', f.task_id, 'text ' || f.text_id, null
    from tts_monitor.followers f where f.task_id in (select id from own) order by f.followed_at desc limit 20
  )
  union all (
    select f.followed_at, 6, 'follows', f.task_id, 'text ' || t.text_id, null
    from tts_monitor.followers f join tts_monitor.tasks t on t.id = f.task_id
    where f.text_id = ${TEXT_ID} order by f.followed_at desc limit 20
  )
),
newest as (
  select at, step, event, task, who, reason from happened order by at desc, task desc, step desc limit 200
)
select at as "Time", ${seconds("at - lag(at) over (order by at, task, step)")} as "After",
  event as "Event", task::text as "Task", who as "By", reason as "Reason"
from newest
order by at, task, step
limit 200`;

export function transitions(): PanelBuilder {
  return sqlTable({
    title: "Transitions",
    description:
      "What happened to the text's tasks, in order; After is the time since the line above. Normal is recorded, started, completed. A deadline before the end, or still to come, stands where it falls; a late result came after the end and changed nothing; followed and follows name a text with the same content, for which one task answers.",
    noValue: `this text has no task${OR_NO_NUMBER}`,
    width: 24,
    height: 10,
    sql: TRANSITIONS,
    columns: [
      timeColumn("Time"),
      secondsColumn("After"),
      { title: "Event", width: 120, mappings: [mapping(EVENT_COLOURS)] },
      { title: "Task", width: 90 },
      { title: "By" },
      REASON_COLUMN,
    ],
  });
}
