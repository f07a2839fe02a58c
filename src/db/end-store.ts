import type { Audio } from "../domain/audio.ts";
import type { Ending } from "../domain/ending.ts";
import type { Outcome } from "../domain/task.ts";
import type { Queryable } from "./pool.ts";
import { STATUS, TOOK } from "./task-sql.ts";

/** Ends a task that is processing. @returns the seconds it took; undefined when it is not: nothing was changed */
export async function end(db: Queryable, taskId: bigint, ending: Ending): Promise<number | undefined> {
  const { rows } = await db.query<{ took: number }>(
    `update tts_monitor.tasks set
       status = $2, finished_at = clock_timestamp(), reason = $3, error_message = $4,
       audio_url = $5, filename = $6, file_size = $7
     where id = $1 and ${STATUS} = 'processing'
     returning ${TOOK}`,
    [taskId, ending.outcome, ending.reason, ending.errorMessage, ...audioColumns(ending.audio)],
  );
  return rows[0]?.took;
}

function audioColumns(audio: Audio | null): [string | null, string | null, number | null] {
  return audio ? [audio.audioUrl, audio.filename, audio.fileSize] : [null, null, null];
}

/**
 * The seconds that the task took, if it has ended in just this way: the answer to a finish may be lost together
 * with the connection, and its repetition is no late write.
 */
export async function readEndedAs(
  db: Queryable,
  taskId: bigint,
  ending: Ending,
): Promise<number | undefined> {
  const { rows } = await db.query<{ took: number }>(
    `select ${TOOK} from tts_monitor.tasks
     where id = $1 and ${STATUS} = $2 and (reason, error_message, audio_url, filename, file_size)
       is not distinct from ($3::text, $4::text, $5::text, $6::text, $7::bigint)`,
    [taskId, ending.outcome, ending.reason, ending.errorMessage, ...audioColumns(ending.audio)],
  );
  return rows[0]?.took;
}

export interface EndedTask {
  status: Outcome;
  reason: string | null;
}

/** Those of the given tasks that have ended. */
export async function readEnded(
  db: Queryable,
  taskIds: readonly bigint[],
): Promise<(EndedTask & { taskId: bigint })[]> {
  const { rows } = await db.query<EndedTask & { taskId: bigint }>(
    `select id as "taskId", status, reason from tts_monitor.tasks
     where id = any($1::bigint[]) and status in ('completed', 'failed', 'timeout')`,
    [taskIds],
  );
  return rows;
}

/**
 * Notes that a result came after the task's end, which changes nothing else; undefined when it has not ended.
 * @param repeated it may be noted already, the answer lost: a note that is there stays as it is
 */
export async function recordLate(
  db: Queryable,
  taskId: bigint,
  repeated = false,
): Promise<EndedTask | undefined> {
  const { rows } = await db.query<EndedTask>(
    `update tts_monitor.tasks set
       late_at = case when $2 and late_at is not null then late_at else clock_timestamp() end
     where id = $1 and status in ('completed', 'failed', 'timeout')
     returning status, reason`,
    [taskId, repeated],
  );
  return rows[0];
}
