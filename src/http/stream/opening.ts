import type { Queryable } from "../../db/pool.ts";
import { readTaskAsOfText, readTaskOfText, type TaskRow } from "../../db/task-reader.ts";
import { ENDED, parsePosition, type Rank, rankOf } from "../../domain/task-event.ts";
import { NotFoundError } from "../../errors.ts";

/** The task that a stream shows, and how much of it its client knows already. */
export interface Opening {
  task: TaskRow;
  known: Rank;
}

/**
 * What a stream of this text begins with. A client that comes again goes on where it was: first to the end of the task
 * that it saw, then with the text's newest from its very beginning. A new client begins with the newest as it is now.
 * @param lastEventId what is no position in a task of this text, or one that the task has not reached, is ignored
 * @returns undefined where the client has seen the newest task's end
 * @throws NotFoundError when the text has no task
 */
export async function readOpening(
  db: Queryable,
  textId: bigint,
  lastEventId: string | undefined,
): Promise<Opening | undefined> {
  const newest = await readTaskOfText(db, textId);
  if (!newest) throw new NotFoundError(`text ${textId} has no task`);
  const position = parsePosition(lastEventId ?? "");
  const seen =
    position?.taskId === newest.taskId
      ? newest
      : position && (await readTaskAsOfText(db, position.taskId, textId));
  if (!position || !seen || position.rank > rankOf(seen.status)) {
    return { task: newest, known: rankOf(newest.status) };
  }
  if (position.rank !== ENDED) return { task: seen, known: position.rank };
  return seen === newest ? undefined : { task: newest, known: 0 };
}
