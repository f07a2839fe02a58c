import { end, readEndedAs, recordLate } from "../db/end-store.ts";
import { type Audio, LONGEST_AUDIO_URL, LONGEST_FILENAME } from "../domain/audio.ts";
import { completion, DEADLINE_EXCEEDED, type Ending } from "../domain/ending.ts";
import type { LateOperation } from "../domain/events.ts";
import { InvalidInputError, NotFoundError, TaskEndedError } from "../errors.ts";
import type { WorkerContext } from "./context.ts";
import type { Finish } from "./finish-record.ts";

/** The end of a task whose handler gave an audio. @throws InvalidInputError */
export function completionOf(audio: Audio): Ending {
  checkAudio(audio);
  return completion(audio);
}

/** @param audio whatever a handler returned, so its types are looked at too */
function checkAudio(audio: Audio): void {
  const text = (name: "audioUrl" | "filename", longest: number) => {
    const value: unknown = audio?.[name];
    if (typeof value !== "string" || value.length > longest || value.includes("\0")) {
      throw new InvalidInputError(`${name} must be a text of at most ${longest} characters without NUL`);
    }
  };
  text("audioUrl", LONGEST_AUDIO_URL);
  text("filename", LONGEST_FILENAME);
  if (!Number.isSafeInteger(audio.fileSize) || audio.fileSize < 0) {
    throw new InvalidInputError("fileSize must be a whole number of bytes");
  }
}

/**
 * Ends a task; resolves when the database has taken it, which may be after an outage.
 * @throws TaskEndedError when it had ended before; NotFoundError when it is not processing at all;
 *   WorkerStoppedError, which says whether the result is kept
 */
export async function finish(context: WorkerContext, taskId: bigint, ending: Ending): Promise<void> {
  await context.buffer.deliver({ kind: "end", taskId, ending });
  context.progress.move();
}

/** Ends a task at its deadline, unless the sweeper was quicker: that is no late write, for there is no result. */
export async function expire({ buffer }: WorkerContext, taskId: bigint): Promise<void> {
  await buffer.deliver({ kind: "expire", taskId });
}

/** Notes a result whose task was given up before; it changes nothing else. */
export async function noteLate({ buffer }: WorkerContext, taskId: bigint): Promise<void> {
  await buffer.deliver({ kind: "late", taskId });
}

type Target = Pick<WorkerContext, "pool" | "events">;

/**
 * Writes to the database what became of a task, and emits it.
 * @param repeated it may have been written already, the answer lost: it counts once all the same
 * @throws TaskEndedError when it came too late, which is noted; NotFoundError when the task is not processing at all
 */
export async function applyFinish(to: Target, record: Finish, repeated: boolean): Promise<void> {
  const { taskId, kind } = record;
  if (kind === "late") {
    await late(to, taskId, "complete", repeated);
    return;
  }
  const ending = kind === "end" ? record.ending : DEADLINE_EXCEEDED;
  const took = await ended(to, taskId, ending, repeated && kind === "end");
  if (took === undefined) {
    if (kind === "expire") return;
    throw await late(to, taskId, operationOf(ending), repeated);
  }
  to.events.emit("finished", {
    outcome: ending.outcome,
    reason: ending.reason,
    durationSeconds: took,
    audioBytes: ending.outcome === "completed" ? (ending.audio?.fileSize ?? null) : null,
  });
}

/** Ends the task. @returns the seconds it took, also where a repetition finds it ended just so */
async function ended(
  { pool }: Target,
  taskId: bigint,
  ending: Ending,
  repeated: boolean,
): Promise<number | undefined> {
  const took = await end(pool, taskId, ending);
  return took === undefined && repeated ? readEndedAs(pool, taskId, ending) : took;
}

/** Records what came too late. @returns the error to throw */
async function late(
  { pool, events }: Target,
  taskId: bigint,
  operation: LateOperation,
  repeated: boolean,
): Promise<Error> {
  const found = await recordLate(pool, taskId, repeated);
  if (!found) return new NotFoundError(`task ${taskId} is not being processed`);
  events.emit("lateWrite", { operation });
  return new TaskEndedError({ taskId, ...found });
}

function operationOf({ audio }: Ending): LateOperation {
  return audio ? "complete" : "fail";
}
