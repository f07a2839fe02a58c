import type pg from "pg";
import { z } from "zod";
import { recordRetry } from "../../db/retry-store.ts";
import { BusyError, NotFoundError, TaskStateError } from "../../errors.ts";
import { idInPath, taskId } from "../fields.ts";
import { describe, type Endpoint, json } from "../operation.ts";

const RETRY = describe({
  id: "retryText",
  method: "post",
  path: "/api/task/retry/:text_id",
  summary: "Records a new task for a text without valid audio; the workers look for it.",
  token: true,
  params: z.object({ text_id: idInPath }),
  answers: { 202: z.object({ task_id: taskId, status: z.literal("pending") }) },
  errors: [404, 503],
});

// A task that is in the way may not be visible yet, or have ended before it is looked at.
const ATTEMPTS = 3;

/** Records a pending task for a text that has no valid audio and no task under way. */
export function retryText(pool: pg.Pool): Endpoint {
  return json(RETRY, async ({ params: { text_id: textId } }) => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const retry = await recordRetry(pool, textId);
      if (!retry) throw new NotFoundError(`there is no text ${textId}`);
      if (retry.spoken) throw new TaskStateError(`text ${textId} has a valid audio`, "completed", 400);
      if (retry.alive) {
        throw new TaskStateError(
          `a task of text ${textId} or its content is ${retry.alive}`,
          retry.alive,
          400,
        );
      }
      if (retry.taskId !== null) {
        return { 202: { task_id: String(retry.taskId), status: "pending" as const } };
      }
    }
    throw new BusyError("the tasks of this content change too quickly: try again");
  });
}
