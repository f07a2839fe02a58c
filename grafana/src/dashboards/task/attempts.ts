import type { PanelBuilder } from "../../panels/panel.ts";
import { sqlTable } from "../../panels/table.ts";
import {
  OVERDUE_COLUMN,
  REASON_COLUMN,
  STATUS_COLUMN,
  secondsColumn,
  timeColumn,
  WORKER_COLUMN,
} from "../tasks/columns.ts";
import { STUCK_TASKS, seconds } from "../tasks/matching.ts";
import { TEXT_ID } from "../tasks/text-id.ts";
import { OR_NO_NUMBER } from "./text.ts";

const OVERDUE = `case
    when stuck.id is not null then statement_timestamp() - stuck.since
    when t.finished_at > t.deadline_at then t.finished_at - t.deadline_at
  end`;

export function attempts(): PanelBuilder {
  return sqlTable({
    title: "Attempts",
    description:
      "The text's own tasks, the newest first: each is one attempt to make its audio. Normal is one that is completed, having waited for seconds. The same reason and message again and again: the text or the provider must change before it is tried again; other workers each time: it is none of them. Overdue by is measured from the deadline, of a stuck one from when it should have moved.",
    noValue: `this text has no task of its own${OR_NO_NUMBER}`,
    width: 24,
    height: 7,
    sql: `
select t.id::text as "Task",
  case when stuck.id is not null then 'stuck' else t.status end as "Status",
  t.worker as "Worker",
  t.created_at as "Created",
  ${seconds("coalesce(t.started_at, statement_timestamp()) - t.created_at")} as "Waited",
  ${seconds("coalesce(t.finished_at, statement_timestamp()) - t.started_at")} as "Ran",
  ${seconds(OVERDUE)} as "Overdue by",
  coalesce(stuck.cause, t.reason) as "Reason",
  left(t.error_message, 1000) as "Message"
from tts_monitor.tasks t
left join (${STUCK_TASKS}) stuck on stuck.id = t.id and stuck.text_id = ${TEXT_ID}
where t.text_id = ${TEXT_ID}
order by t.id desc
limit 100`,
    columns: [
      { title: "Task", width: 80 },
      { ...STATUS_COLUMN, width: 100 },
      { ...WORKER_COLUMN, width: 110 },
      timeColumn("Created"),
      secondsColumn("Waited"),
      secondsColumn("Ran"),
      OVERDUE_COLUMN,
      { ...REASON_COLUMN, width: 150 },
      { title: "Message", wrapped: true },
    ],
  });
}

export function results(): PanelBuilder {
  return sqlTable({
    title: "Deadlines and results",
    description:
      "Until when each attempt had to end, when it did, and what it left: the file's name and size. Normal is an end before the deadline and a file of 5000 bytes at least. A late result came after the task had ended and changed nothing: see TTSLateWrites.",
    noValue: `this text has no task of its own${OR_NO_NUMBER}`,
    width: 24,
    height: 6,
    sql: `
select id::text as "Task", deadline_at as "Deadline", finished_at as "Ended", late_at as "Late result",
  filename as "File", file_size as "Size"
from tts_monitor.tasks
where text_id = ${TEXT_ID}
order by id desc
limit 100`,
    columns: [
      { title: "Task", width: 80 },
      timeColumn("Deadline"),
      timeColumn("Ended"),
      timeColumn("Late result"),
      { title: "File" },
      { title: "Size", unit: "bytes", width: 80 },
    ],
  });
}
