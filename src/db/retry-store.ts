import { MIN_AUDIO_BYTES } from "../domain/audio.ts";
import type { Status } from "../domain/task.ts";
import type { Queryable } from "./pool.ts";
import { ALIVE, STATUS } from "./task-sql.ts";

/** What stands against a retry, or the task that it recorded; all undefined or false: another one came first. */
export interface Retry {
  taskId: bigint | null;
  /** the text has a valid audio */
  spoken: boolean;
  /** of the task of this text or its content that has not ended */
  alive: Status | null;
}

/**
 * Records a pending task for whoever comes, unless there is a valid audio or a task under way.
 * @returns undefined where there is no such text, or it is deleted
 */
export async function recordRetry(db: Queryable, textId: bigint): Promise<Retry | undefined> {
  const { rows } = await db.query<Retry>(
    `with text as (
       select encode(sha256(convert_to(coalesce(content, ''), 'UTF8')), 'hex') as hash
       from tts_texts where id = $1 and is_deleted = 0
     ),
     found as (
       select hash,
         exists (
           select from tts_audios where text_id = $1 and is_deleted = 0 and file_size >= $2
         ) as spoken,
         coalesce(
           (select status from tts_monitor.tasks where content_hash = hash and ${ALIVE}),
           (select status from tts_monitor.tasks where text_id = $1 and ${STATUS} in ('pending', 'processing') limit 1)
         ) as alive
       from text
     ),
     recorded as (
       insert into tts_monitor.tasks (text_id, content_hash)
       select $1, hash from found where not spoken and alive is null
       on conflict (content_hash) where ${ALIVE} do nothing
       returning id
     )
     select spoken, alive, (select id from recorded) as "taskId" from found`,
    [textId, MIN_AUDIO_BYTES],
  );
  return rows[0];
}
