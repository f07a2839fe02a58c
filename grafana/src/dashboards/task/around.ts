import { BAD, GOOD, MUTED, WORKER_STATE_COLOURS } from "../../colours.ts";
import { mapping } from "../../mappings.ts";
import type { PanelBuilder } from "../../panels/panel.ts";
import { sqlTable } from "../../panels/table.ts";
import {
  agoColumn,
  HEARTBEAT_COLUMN,
  STATUS_COLUMN,
  TEXT_COLUMN,
  timeColumn,
  WORKER_COLUMN,
} from "../tasks/columns.ts";
import { HEARTBEAT_AGE } from "../tasks/matching.ts";
import { TEXT_ID } from "../tasks/text-id.ts";
import { OR_NO_NUMBER } from "./text.ts";

export function itsWorkers(): PanelBuilder {
  return sqlTable({
    title: "Its workers now",
    description:
      "The workers that the text's attempts ran on, as they are now. Normal is live, heard from seconds ago, and no more running than it has slots. A lost one has stopped without saying goodbye: see TTSWorkerLost; gone ones were stopped in order. Same process tells whether it is still the one that ran the newest of these attempts.",
    noValue: `no worker has started this text${OR_NO_NUMBER}`,
    width: 12,
    height: 7,
    sql: `
select ran.worker as "Worker", coalesce(w.state, 'gone') as "State",
  ${HEARTBEAT_AGE} as "Heartbeat",
  (select count(*) from tts_monitor.tasks r where r.worker = ran.worker and r.status = 'processing') as "Running",
  w.concurrency_limit as "Slots",
  case when w.incarnation = ran.incarnation then 'yes' else 'no' end as "Same process"
from (
  select worker, max(incarnation) as incarnation, max(id) as newest
  from tts_monitor.tasks where text_id = ${TEXT_ID} and worker is not null
  group by worker
) ran
left join tts_monitor.worker_states w on w.worker = ran.worker
order by ran.newest desc
limit 20`,
    columns: [
      WORKER_COLUMN,
      { title: "State", width: 80, mappings: [mapping({ ...WORKER_STATE_COLOURS, gone: MUTED })] },
      HEARTBEAT_COLUMN,
      { title: "Running", unit: "locale", decimals: 0, width: 75 },
      { title: "Slots", unit: "locale", decimals: 0, width: 60 },
      { title: "Same process", width: 110 },
    ],
  });
}

export function audios(): PanelBuilder {
  return sqlTable({
    title: "Audios",
    description:
      "The text's rows in tts_audios, the newest first. Normal is one that is valid: not deleted, and of 5000 bytes at least. None, though a task is completed: it was removed, or its row was never written; retry the text.",
    noValue: `this text has no audio${OR_NO_NUMBER}`,
    width: 24,
    height: 6,
    // As for the text: where there is no such column, created_at is the one beside the number.
    sql: `
select audio.id::text as "Audio",
  case tts_monitor.is_valid_audio(audio.is_deleted, audio.file_size) when 1 then 'yes' else 'no' end as "Valid",
  case tts_monitor.is_alive(audio.is_deleted) when 1 then 'no' else 'yes' end as "Deleted",
  audio.file_size as "Size", audio.created_at as "Created", audio.filename as "File", audio.audio_url as "URL"
from (select ${TEXT_ID} as id, null::timestamptz as created_at) wanted
cross join lateral (
  select a.id, a.is_deleted, a.file_size, created_at, a.filename, a.audio_url
  from tts_audios a where a.text_id = wanted.id order by a.id desc limit 50
) audio
order by audio.id desc
limit 50`,
    columns: [
      { title: "Audio", width: 90 },
      { title: "Valid", width: 80, mappings: [mapping({ yes: GOOD, no: BAD })] },
      { title: "Deleted", width: 80, mappings: [mapping({ yes: BAD, no: MUTED })] },
      { title: "Size", unit: "bytes", width: 80 },
      timeColumn("Created"),
      { title: "File" },
      { title: "URL", wrapped: true },
    ],
  });
}

export function sameContent(): PanelBuilder {
  return sqlTable({
    title: "Texts with the same content",
    description:
      "Texts that share a task with this one, for the same content is spoken only once: those that follow this text's tasks, and those whose tasks it follows. Normal is none or a few. A text that follows has its result when the task ends, and fails with it: then retry each of them.",
    noValue: `no other text shares a task with this one${OR_NO_NUMBER}`,
    width: 12,
    height: 7,
    sql: `
select shared.text::text as "Text", shared.relation as "Relation", shared.task::text as "Task",
  t.status as "Status", shared.since as "Since"
from (
  (select f.text_id as text, 'follows this text' as relation, f.task_id as task, f.followed_at as since
   from tts_monitor.tasks own join tts_monitor.followers f on f.task_id = own.id
   where own.text_id = ${TEXT_ID} order by f.followed_at desc limit 50)
  union all
  (select leader.text_id, 'leads this text', f.task_id, f.followed_at
   from tts_monitor.followers f join tts_monitor.tasks leader on leader.id = f.task_id
   where f.text_id = ${TEXT_ID} order by f.followed_at desc limit 50)
) shared
join tts_monitor.tasks t on t.id = shared.task
order by shared.since desc
limit 50`,
    columns: [
      { ...TEXT_COLUMN, width: 80 },
      { title: "Relation", minWidth: 130 },
      { title: "Task", width: 70 },
      { ...STATUS_COLUMN, width: 90 },
      agoColumn("Since"),
    ],
  });
}
