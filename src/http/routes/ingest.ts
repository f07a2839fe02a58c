import type pg from "pg";
import { z } from "zod";
import { isKnownText } from "../../db/known-text.ts";
import { submitRemote } from "../../db/remote-tasks.ts";
import type { Submission } from "../../db/submission.ts";
import { CONTENT_HASH, contentHash } from "../../domain/content-hash.ts";
import { idForJson } from "../../domain/task-status.ts";
import { WORKER_NAME, WORKER_NAME_ACCEPTS } from "../../domain/worker-name.ts";
import { NotFoundError } from "../../errors.ts";
import { idInAnswer, idInBody, longText, status, taskId } from "../fields.ts";
import { describe, type Endpoint, json } from "../operation.ts";

/** Times in ms, for tasks and workers that come in over the API: what the library has as options. */
export interface IngestSettings {
  taskTimeout: number;
  heartbeatTimeout: number;
  dedupWindow: number;
}

const HASH_RULE = "must be 64 lower-case hex digits";
const WORKER_RULE = `must be ${WORKER_NAME_ACCEPTS}`;
const CONCURRENCY_RULE = "must be a whole number from 1 to 10000";

const submission = z
  .object({
    text_id: idInBody,
    content: longText.optional(),
    content_hash: z
      .string(HASH_RULE)
      .regex(CONTENT_HASH, HASH_RULE)
      .optional()
      .meta({ description: "SHA-256 of the content in UTF-8" }),
    worker: z.string(WORKER_RULE).regex(WORKER_NAME, WORKER_RULE),
    concurrency: z
      .int(CONCURRENCY_RULE)
      .min(1, CONCURRENCY_RULE)
      .max(10_000, CONCURRENCY_RULE)
      .default(1)
      .meta({ description: "how many tasks the worker runs at once" }),
  })
  .refine(
    ({ content, content_hash }) => content !== undefined || content_hash !== undefined,
    "must have content or content_hash",
  )
  .refine(
    ({ content, content_hash }) =>
      content === undefined || content_hash === undefined || contentHash(content) === content_hash,
    { path: ["content_hash"], message: "does not match the content" },
  );

const SUBMIT = describe({
  id: "submitTask",
  method: "post",
  path: "/api/tasks",
  summary:
    "Records and starts a task for a worker in any language, or says which one answers for its content.",
  token: true,
  body: submission,
  answers: {
    201: z.object({
      task_id: taskId,
      status,
      deduplicated: z.literal(false),
      existing_text_id: idInAnswer.optional(),
    }),
    200: z.object({ task_id: taskId, status, deduplicated: z.literal(true), existing_text_id: idInAnswer }),
  },
  errors: [404, 409, 429, 503],
});

/** For workers without our library: lists the worker too. */
export function submitTask(pool: pg.Pool, settings: IngestSettings): Endpoint {
  const { taskTimeout, heartbeatTimeout, dedupWindow } = settings;
  return json(SUBMIT, async ({ body }) => {
    const { text_id: textId, content, worker, concurrency } = body;
    if (!(await isKnownText(pool, textId))) throw new NotFoundError(`there is no text ${textId}`);
    const submitted = await submitRemote(pool, {
      textId,
      contentHash: body.content_hash ?? contentHash(content ?? ""),
      worker: { worker, concurrencyLimit: concurrency, heartbeatTimeout },
      timeout: taskTimeout,
      dedupWindow,
    });
    return submitted.outcome === "started"
      ? { 201: started(textId, submitted) }
      : { 200: duplicate(submitted) };
  });
}

/** @param textId the text of the request: the task may be one of another text, which this one follows */
function started(textId: bigint, task: Extract<Submission, { outcome: "started" }>) {
  return {
    task_id: String(task.taskId),
    status: "processing" as const,
    deduplicated: false as const,
    ...(task.textId !== textId && { existing_text_id: idForJson(task.textId) }),
  };
}

function duplicate({ leader }: Extract<Submission, { outcome: "duplicate" }>) {
  return {
    task_id: String(leader.taskId),
    status: leader.status,
    deduplicated: true as const,
    existing_text_id: idForJson(leader.textId),
  };
}
