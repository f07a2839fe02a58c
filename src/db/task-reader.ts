import type { Status } from "../domain/task.ts";
import type { TaskFacts } from "../domain/task-status.ts";
import type { Queryable } from "./pool.ts";
import { NEWEST_TASK, TASK_COLUMNS } from "./task-sql.ts";
import type { Slot } from "./worker-store.ts";

export interface TaskRow extends TaskFacts {
  taskId: bigint;
  textId: bigint;
  reason: string | null;
}

/** The task with this id; undefined where there is none, or it was pruned. */
export async function readTask(db: Queryable, taskId: bigint): Promise<TaskRow | undefined> {
  const { rows } = await db.query<TaskRow>(`select ${TASK_COLUMNS} from tts_monitor.tasks t where id = $1`, [
    taskId,
  ]);
  return rows[0];
}

/** The newest task of a text, its own or one that it follows, whichever it came to last. */
export async function readTaskOfText(db: Queryable, textId: bigint): Promise<TaskRow | undefined> {
  const { rows } = await db.query<TaskRow>(
    `select ${TASK_COLUMNS} from tts_monitor.tasks t where id = (${NEWEST_TASK("$1")})`,
    [textId],
  );
  return rows[0];
}

/** A task as somebody knows it; no status: not at all. */
export interface KnownTask {
  taskId: bigint;
  status: Status | undefined;
}

/** Those of the tasks whose status is another than the known one. `task` is undefined where the row is gone. */
export async function readChangedTasks(
  db: Queryable,
  known: readonly KnownTask[],
): Promise<{ taskId: bigint; task: TaskRow | undefined }[]> {
  const { rows } = await db.query<TaskRow & { known: bigint; taskId: bigint | null }>(
    `select known.id as known, ${TASK_COLUMNS}
     from unnest($1::bigint[], $2::text[]) as known (id, status)
     left join tts_monitor.tasks t on t.id = known.id
     where t.status is distinct from known.status or t.id is null`,
    [known.map(({ taskId }) => taskId), known.map(({ status }) => status)],
  );
  return rows.map(({ known: taskId, ...task }) => ({
    taskId,
    task: task.taskId === null ? undefined : task,
  }));
}

/** The task, where it is one of this text: its own, or one that it follows. */
export async function readTaskAsOfText(
  db: Queryable,
  taskId: bigint,
  textId: bigint,
): Promise<TaskRow | undefined> {
  const { rows } = await db.query<TaskRow>(
    `select ${TASK_COLUMNS} from tts_monitor.tasks t where id = $1 and (
       text_id = $2 or exists (select from tts_monitor.followers where text_id = $2 and task_id = $1)
     )`,
    [taskId, textId],
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
