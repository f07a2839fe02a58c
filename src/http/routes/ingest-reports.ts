import type pg from "pg";
import { z } from "zod";
import { beatRemote, endRemote } from "../../db/remote-tasks.ts";
import { LONGEST_AUDIO_URL, LONGEST_FILENAME } from "../../domain/audio.ts";
import { completion, type Ending, failure } from "../../domain/ending.ts";
import { OUTCOMES } from "../../domain/task.ts";
import { idInPath, longText, taskId, text } from "../fields.ts";
import { describe, type Endpoint, json } from "../operation.ts";

const params = z.object({ task_id: idInPath });
const SIZE_RULE = "must be a whole number of bytes";

const HEARTBEAT = describe({
  id: "renewHeartbeat",
  method: "post",
  path: "/api/tasks/:task_id/heartbeat",
  summary: "A sign of life of the task's worker. 409: the task has ended, give it up.",
  token: true,
  params,
  answers: { 200: z.object({ task_id: taskId, status: z.literal("processing") }) },
  errors: [404, 409, 503],
});

/** @param heartbeatTimeout ms */
export function taskHeartbeat(pool: pg.Pool, heartbeatTimeout: number): Endpoint {
  return json(HEARTBEAT, async ({ params: { task_id: id } }) => {
    await beatRemote(pool, id, heartbeatTimeout);
    return { 200: { task_id: String(id), status: "processing" as const } };
  });
}

const ended = z.object({
  task_id: taskId,
  status: z.enum(OUTCOMES),
  reason: z.string().optional().meta({ description: "why it ended badly" }),
});

const COMPLETE = describe({
  id: "completeTask",
  method: "post",
  path: "/api/tasks/:task_id/complete",
  summary: "Ends a task with its audio; one below 5000 bytes makes it failed, invalid_audio.",
  token: true,
  params,
  body: z.object({
    audio_url: text(LONGEST_AUDIO_URL),
    filename: text(LONGEST_FILENAME),
    file_size: z.int(SIZE_RULE).min(0, SIZE_RULE).meta({ description: "bytes" }),
  }),
  answers: { 200: ended },
  errors: [404, 409, 503],
});

/** The end of a task with its audio, whoever runs it. */
export function completeTask(pool: pg.Pool): Endpoint {
  return json(COMPLETE, async ({ params: { task_id: id }, body }) => {
    const audio = { audioUrl: body.audio_url, filename: body.filename, fileSize: body.file_size };
    return { 200: await endWith(pool, id, completion(audio)) };
  });
}

const FAIL = describe({
  id: "failTask",
  method: "post",
  path: "/api/tasks/:task_id/fail",
  summary: "Ends a task without audio. A reason outside the list becomes `other`.",
  token: true,
  params,
  body: z.object({ reason: longText, error_message: longText.default("") }),
  answers: { 200: ended },
  errors: [404, 409, 503],
});

/** @param overflowed told of a reason that is not in the list */
export function failTask(pool: pg.Pool, overflowed: () => void): Endpoint {
  return json(FAIL, async ({ params: { task_id: id }, body }) => {
    const ending = failure(body.reason, body.error_message);
    const answer = await endWith(pool, id, ending);
    if (ending.reason !== body.reason) overflowed();
    return { 200: answer };
  });
}

async function endWith(pool: pg.Pool, id: bigint, ending: Ending) {
  const { status, reason } = await endRemote(pool, id, ending);
  return { task_id: String(id), status, ...(reason !== null && { reason }) };
}
