import type pg from "pg";
import { z } from "zod";
import { type ListedTask, readTaskPage } from "../../db/task-list.ts";
import { taskStatus } from "../../domain/task-status.ts";
import { cursor, encodeCursor } from "../cursor.ts";
import { limit, statuses, time } from "../fields.ts";
import { nextCursor, search, since, workerFilter } from "../list-fields.ts";
import { describe, type Endpoint, json } from "../operation.ts";
import { taskStatusAnswer } from "./task-status.ts";

const listedTask = taskStatusAnswer.extend({
  task_id: z.string(),
  worker: z.string().nullable(),
  reason: z.string().nullable(),
  file_size: z.int().nullable(),
  created_time: time,
  late_time: time.meta({ description: "of a result that came after the end" }).optional(),
});

const TASKS = describe({
  id: "getTasks",
  method: "get",
  path: "/api/tasks",
  summary: "Tasks, the newest first by the time of their end or, before it, of their record.",
  query: z.object({
    status: statuses.optional(),
    since,
    worker: workerFilter,
    q: search,
    limit,
    cursor: cursor("time and id"),
  }),
  answers: { 200: z.object({ tasks: z.array(listedTask), next_cursor: nextCursor }) },
  errors: [503],
});

/** A page of tasks, by what the query asks for. */
export function taskList(pool: pg.Pool): Endpoint {
  return json(TASKS, async ({ query: { status = [], q, limit: longest, cursor: after, ...filter } }) => {
    const page = await readTaskPage(pool, { ...filter, ...q, statuses: status }, longest, after);
    const next = page.next ? encodeCursor(page.next.micros, page.next.id) : null;
    return { 200: { tasks: page.rows.map(entry), next_cursor: next } };
  });
}

function entry(task: ListedTask): z.input<typeof listedTask> {
  return {
    task_id: String(task.taskId),
    ...taskStatus(task.textId, task),
    worker: task.worker,
    reason: task.reason,
    file_size: task.fileSize === null ? null : Number(task.fileSize),
    created_time: task.createdTime,
    ...(task.lateTime !== null && { late_time: task.lateTime }),
  };
}
