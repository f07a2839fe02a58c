import { RUNBOOKS_URL } from "../../../../prometheus/src/sites.ts";
import { BAD, GOOD, MUTED, STATUS_COLOURS } from "../../colours.ts";
import { linkTo, linkToUrl } from "../../links.ts";
import { mapping } from "../../mappings.ts";
import type { PanelBuilder } from "../../panels/panel.ts";
import { sqlTable } from "../../panels/table.ts";
import { REASON_COLUMN, STATUS_COLUMN, TEXT_COLUMN, timeColumn } from "../tasks/columns.ts";
import { STUCK_TASKS } from "../tasks/matching.ts";
import { TEXT_ID } from "../tasks/text-id.ts";

export const OR_NO_NUMBER = ", or no number is set above";

/** By reason, and by cause of what is stuck; for other reasons of failures it is the objective's. */
const RUNBOOKS = {
  deadline_passed: "TTSTaskStuck",
  heartbeat_stale: "TTSTaskStuck",
  never_claimed: "TTSTaskNeverClaimed",
  deadline_exceeded: "TTSTaskTimeoutsHigh",
  worker_lost: "TTSWorkerLost",
} as const;

const RUNBOOK = `case coalesce(stuck.cause, t.reason) ${Object.entries(RUNBOOKS)
  .map(([reason, runbook]) => `when '${reason}' then '${runbook}'`)
  .join(" ")} else case t.status when 'failed' then 'TTSErrorBudgetBurn' end end`;

/** The text's newest task, its own or one that it follows, as the API has it. */
const NEWEST_TASK = `
  select known.id
  from (
    (select id, created_at as since from tts_monitor.tasks where text_id = ${TEXT_ID} order by id desc limit 1)
    union all
    (select task_id, followed_at from tts_monitor.followers where text_id = ${TEXT_ID}
     order by followed_at desc, task_id desc limit 1)
  ) known
  order by known.since desc, known.id desc limit 1`;

// The application's tables may have no created_at: then the name means the one around, which is null.
const CREATED = `
  select known.created_at
  from (select null::timestamptz as created_at) absent
  cross join lateral (select created_at from tts_texts own where own.id = wanted.id) known`;

const TEXT = `
select wanted.id::text as "Text",
  case when stuck.id is not null then 'stuck' else coalesce(t.status, 'no task') end as "Status",
  coalesce(stuck.cause, t.reason) as "Reason",
  ${RUNBOOK} as "Runbook",
  (select count(*) from tts_monitor.tasks own where own.text_id = wanted.id) as "Attempts",
  t.text_id::text as "Answered by",
  (${CREATED}) as "Created",
  case (select tts_monitor.is_alive(is_deleted) from tts_texts known where known.id = wanted.id)
    when 1 then 'no' when 0 then 'yes' else 'no such text' end as "Deleted",
  case when exists (
    select from tts_audios a
    where a.text_id = wanted.id and tts_monitor.is_valid_audio(a.is_deleted, a.file_size) = 1
  ) then 'yes' else 'no' end as "Valid audio"
from (select ${TEXT_ID} as id) wanted
left join tts_monitor.tasks t on t.id = (${NEWEST_TASK})
left join (${STUCK_TASKS}) stuck on stuck.id = t.id
where wanted.id is not null
limit 1`;

export function aboutText(): PanelBuilder {
  return sqlTable({
    title: "Text",
    description:
      "What the text has come to: the state of its newest task, its own or that of a text with the same content (Answered by). Normal is completed, with a valid audio. Failed or timed out: read the messages below and follow the runbook; completed without a valid audio: it has none of its own because it follows another text, or its audio was deleted; then retry it.",
    noValue: `no such text${OR_NO_NUMBER}`,
    width: 24,
    height: 5,
    link: linkTo("All tasks", ["tts-tasks"]),
    sql: TEXT,
    columns: [
      { title: "Text", width: 80 },
      { ...STATUS_COLUMN, width: 100, mappings: [mapping({ ...STATUS_COLOURS, "no task": MUTED })] },
      REASON_COLUMN,
      {
        title: "Runbook",
        minWidth: 170,
        links: [linkToUrl("Runbook", `${RUNBOOKS_URL}/\${__value.raw}.md`)],
      },
      { title: "Attempts", unit: "locale", decimals: 0, width: 80 },
      { title: "Answered by", width: 110, links: TEXT_COLUMN.links ?? [] },
      timeColumn("Created"),
      { title: "Deleted", width: 100, mappings: [mapping({ yes: BAD, "no such text": BAD, no: MUTED })] },
      { title: "Valid audio", width: 100, mappings: [mapping({ yes: GOOD, no: BAD })] },
    ],
  });
}
