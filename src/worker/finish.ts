import { type Ending, end, readEndedAs, recordLate } from "../db/task-store.ts";
import { type Audio, isValidAudio } from "../domain/audio.ts";
import type { LateOperation } from "../domain/events.ts";
import { errorMessage, failureReason } from "../domain/reason.ts";
import { InvalidInputError, NotFoundError, TaskEndedError } from "../errors.ts";
import type { WorkerContext } from "./context.ts";

const LONGEST_FILENAME = 1024;
const LONGEST_URL = 2048;

/** The end of a task whose handler gave an audio: an invalid one is a failure. @throws InvalidInputError */
export function completion(audio: Audio): Ending {
  checkAudio(audio);
  if (isValidAudio(audio)) return { outcome: "completed", reason: null, errorMessage: null, audio };
  const message = `the audio has ${audio.fileSize} bytes only`;
  return { outcome: "failed", reason: "invalid_audio", errorMessage: message, audio };
}

export function failure(reason: string, message: string): Ending {
  return {
    outcome: "failed",
    reason: failureReason(reason),
    errorMessage: errorMessage(message),
    audio: null,
  };
}

export const DEADLINE_EXCEEDED: Ending = {
  outcome: "timeout",
  reason: "deadline_exceeded",
  errorMessage: null,
  audio: null,
};

/** @param audio whatever a handler returned, so its types are looked at too */
function checkAudio(audio: Audio): void {
  const text = (name: "audioUrl" | "filename", longest: number) => {
    const value: unknown = audio?.[name];
    if (typeof value !== "string" || value.length > longest || value.includes("\0")) {
      throw new InvalidInputError(`${name} must be a text of at most ${longest} characters without NUL`);
    }
  };
  text("audioUrl", LONGEST_URL);
  text("filename", LONGEST_FILENAME);
  if (!Number.isSafeInteger(audio.fileSize) || audio.fileSize < 0) {
    throw new InvalidInputError("fileSize must be a whole number of bytes");
  }
}

/**
 * Ends a task; resolves when the database has taken it, which may be after an outage.
 * @throws TaskEndedError when it had ended before; NotFoundError when it is not processing at all
 */
export async function finish(context: WorkerContext, taskId: bigint, ending: Ending): Promise<void> {
  const { pool, buffer, events } = context;
  await buffer.deliver(async (repeated) => {
    const took =
      (await end(pool, taskId, ending)) ?? (repeated ? await readEndedAs(pool, taskId, ending) : undefined);
    if (took === undefined) throw await late(context, taskId, operationOf(ending));
    events.emit("finished", {
      outcome: ending.outcome,
      reason: ending.reason,
      durationSeconds: took,
      audioBytes: ending.outcome === "completed" ? (ending.audio?.fileSize ?? null) : null,
    });
  });
  context.progress();
}

/** Ends a task at its deadline, unless the sweeper was quicker: that is no late write, for there is no result. */
export async function expire({ pool, buffer, events }: WorkerContext, taskId: bigint): Promise<void> {
  await buffer.deliver(async () => {
    const took = await end(pool, taskId, DEADLINE_EXCEEDED);
    if (took === undefined) return;
    events.emit("finished", {
      outcome: "timeout",
      reason: "deadline_exceeded",
      durationSeconds: took,
      audioBytes: null,
    });
  });
}

/** Notes a result whose task was given up before; it changes nothing else. */
export async function noteLate(context: WorkerContext, taskId: bigint): Promise<void> {
  await context.buffer.deliver(() => late(context, taskId, "complete"));
}

/** Records what came too late. @returns the error to throw */
async function late(context: WorkerContext, taskId: bigint, operation: LateOperation): Promise<Error> {
  const ended = await recordLate(context.pool, taskId);
  if (!ended) return new NotFoundError(`task ${taskId} is not being processed`);
  context.events.emit("lateWrite", { operation });
  return new TaskEndedError({ taskId, ...ended });
}

function operationOf({ audio }: Ending): LateOperation {
  return audio ? "complete" : "fail";
}
