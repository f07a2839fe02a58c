import type { TaskFacts } from "../domain/task-status.ts";
import type { Queryable } from "./pool.ts";
import type { Slot } from "./worker-store.ts";

export interface TaskRow extends TaskFacts {
  taskId: bigint;
  textId: bigint;
  reason: string | null;
}

const COLUMNS = `
  t.id as "taskId", t.text_id as "textId", t.status, t.reason, t.error_message as "errorMessage",
  t.audio_url as "audioUrl", t.filename,
  extract(epoch from t.started_at)::float8 as "startTime",
  extract(epoch from t.finished_at)::float8 as "completedTime",
  case when t.started_at is not null then greatest(0, extract(epoch from
    coalesce(t.finished_at, clock_timestamp()) - t.started_at)) end::float8 as duration`;

export async function readTask(db: Queryable, taskId: bigint): Promise<TaskRow | undefined> {
  const { rows } = await db.query<TaskRow>(`select ${COLUMNS} from tts_monitor.tasks t where id = $1`, [
    taskId,
  ]);
  return rows[0];
}

/** The newest task of a text, its own or one that it follows, whichever it came to last. */
export async function readTaskOfText(db: Queryable, textId: bigint): Promise<TaskRow | undefined> {
  const { rows } = await db.query<TaskRow>(
    `select ${COLUMNS}
     from (
       (select id, created_at as since from tts_monitor.tasks where text_id = $1 order by id desc limit 1)
       union all
       (select task_id, followed_at from tts_monitor.followers where text_id = $1
        order by followed_at desc limit 1)
     ) known join tts_monitor.tasks t using (id)
     order by known.since desc, t.id desc limit 1`,
    [textId],
  );
  return rows[0];
}

/** Those of the given tasks that this process has started. */
export async function readTasksOf(db: Queryable, slot: Slot, taskIds: readonly bigint[]): Promise<bigint[]> {
  const { rows } = await db.query<{ id: bigint }>(
    "select id from tts_monitor.tasks where id = any($1::bigint[]) and worker = $2 and incarnation = $3",
    [taskIds, slot.worker, slot.incarnation],
  );
  return rows.map(({ id }) => id);
}
