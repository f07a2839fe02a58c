import type pg from "pg";
import { z } from "zod";
import { readTaskOfText } from "../../db/task-reader.ts";
import { taskStatus } from "../../domain/task-status.ts";
import { NotFoundError } from "../../errors.ts";
import { idInAnswer, idInPath, oneOf, status, time } from "../fields.ts";
import { describe, type Endpoint, json } from "../operation.ts";

export const taskStatusAnswer = z.object({
  text_id: idInAnswer,
  status,
  start_time: time.nullable(),
  completed_time: time.nullable(),
  error_message: z.string().nullable(),
  audio_url: z.string().nullable(),
  filename: z.string().nullable(),
  stage: oneOf("queued", "running", "done"),
  duration: z.number().meta({ description: "seconds; of a running task, so far" }).optional(),
});

const STATUS = describe({
  id: "getTaskStatus",
  method: "get",
  path: "/api/task/status/:text_id",
  summary: "The text's newest task, its own or one that it follows.",
  params: z.object({ text_id: idInPath }),
  answers: { 200: taskStatusAnswer },
  errors: [404, 503],
});

/** What the old monitor told of a text's task. */
export function taskStatusOfText(pool: pg.Pool): Endpoint {
  return json(STATUS, async ({ params: { text_id: textId } }) => {
    const task = await readTaskOfText(pool, textId);
    if (!task) throw new NotFoundError(`text ${textId} has no task`);
    return { 200: taskStatus(textId, task) };
  });
}
