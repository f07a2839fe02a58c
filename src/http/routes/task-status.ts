import type { RequestHandler } from "express";
import type pg from "pg";
import { readTaskOfText } from "../../db/task-reader.ts";
import { parseId, taskStatus } from "../../domain/task-status.ts";
import { InvalidInputError, NotFoundError } from "../../errors.ts";

/** `GET /api/task/status/:text_id`: the text's newest task, its own or one that it follows. */
export function taskStatusRoute(pool: pg.Pool): RequestHandler {
  return async (request, response) => {
    const textId = parseId(String(request.params["text_id"]));
    if (textId === undefined) throw new InvalidInputError("text_id must be a decimal integer in 1…2^63−1");
    const task = await readTaskOfText(pool, textId);
    if (!task) throw new NotFoundError(`text ${textId} has no task`);
    response.json(taskStatus(textId, task));
  };
}
