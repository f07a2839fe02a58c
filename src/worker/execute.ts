import { onAbort } from "../domain/abort.ts";
import type { Audio } from "../domain/audio.ts";
import { type Ending, failure } from "../domain/ending.ts";
import type { Reason } from "../domain/reason.ts";
import type { Outcome } from "../domain/task.ts";
import { reasonOf } from "../domain/thrown.ts";
import { InvalidInputError, TaskEndedError } from "../errors.ts";
import type { WorkerContext } from "./context.ts";
import { completionOf, expire, finish, noteLate } from "./finish.ts";
import type { Release } from "./limiter.ts";
import type { KnownTask } from "./submit.ts";

/** What a handler gets. `content` is what `run` was given; for a claimed task the handler reads it itself. */
export interface Task {
  id: bigint;
  textId: bigint;
  content: string | undefined;
  /**
   * fires at the deadline, when the task was ended by others (the worker was unheard for too long), when another
   * process takes the slot, and when the worker's grace is over; its `reason` says which
   */
  signal: AbortSignal;
}

/**
 * Turns one text into audio. Whatever it throws ends the task as failed; where the error has a `reason` of the
 * closed list (`provider_throttled` …) that is the task's, else `internal`.
 */
export type TaskHandler = (task: Task) => Promise<Audio>;

export interface TaskResult {
  taskId: bigint;
  textId: bigint;
  /** `failed` when the audio was too small to be valid */
  status: Outcome;
  reason: Reason | null;
  audio: Audio;
}

type Settled = { audio: Audio } | { error: unknown } | { interrupted: unknown };

/**
 * Runs a handler for a task that has started, and ends the task as it ends.
 * @throws whatever the handler throws; TaskEndedError at the deadline, or when the task was ended by others;
 *   WorkerStoppedError when the worker had to let it go
 */
export async function execute(
  context: WorkerContext,
  task: KnownTask & { waited: number; content?: string | undefined },
  release: Release,
  handler: TaskHandler,
): Promise<TaskResult> {
  const { taskId, textId } = task;
  const signal = begin(context, task, release);
  const handling = Promise.resolve().then(() =>
    handler({ id: taskId, textId, content: task.content, signal }),
  );
  try {
    const settled = await settle(handling, signal);
    context.running.settle(taskId);
    if ("audio" in settled) return await complete(context, task, settled.audio);
    if ("error" in settled) {
      await finish(context, taskId, failureOf(settled.error));
      throw settled.error;
    }
    const error = await interrupt(context, taskId, settled.interrupted);
    keepLateResult(context, taskId, handling);
    throw error;
  } finally {
    context.running.remove(taskId);
  }
}

/** Notes that a task runs from now on; returns the signal that tells when it must not any more. */
export function begin(
  context: WorkerContext,
  { taskId, waited }: { taskId: bigint; waited: number },
  release: Release,
): AbortSignal {
  context.events.emit("started", { waitSeconds: waited });
  context.progress.move();
  return context.running.add(taskId, context.settings.taskTimeout, release);
}

/** The handler's end, or the signal's, whichever comes first: a handler may not listen to its signal. */
async function settle(handling: Promise<Audio>, signal: AbortSignal): Promise<Settled> {
  const interrupted = new Promise<Settled>((resolve) => {
    onAbort(signal, () => resolve({ interrupted: signal.reason }));
  });
  const handled = handling.then(
    (audio): Settled => ({ audio }),
    // An error after the signal is its consequence, whatever the handler calls it.
    (error: unknown): Settled => (signal.aborted ? { interrupted: signal.reason } : { error }),
  );
  return Promise.race([interrupted, handled]);
}

async function complete(context: WorkerContext, task: KnownTask, audio: Audio): Promise<TaskResult> {
  const { taskId, textId } = task;
  let ending: Ending;
  try {
    ending = completionOf(audio);
  } catch (error) {
    await finish(context, taskId, failureOf(error));
    throw error;
  }
  await finish(context, taskId, ending);
  return { taskId, textId, status: ending.outcome, reason: ending.reason, audio };
}

function failureOf(error: unknown) {
  const reason = error instanceof Error && "reason" in error ? error.reason : undefined;
  if (error instanceof InvalidInputError) return failure("internal", reasonOf(error));
  return failure(typeof reason === "string" ? reason : "internal", reasonOf(error));
}

/** Ends a task whose signal has fired. @returns the error with which `run` rejects */
export async function interrupt(context: WorkerContext, taskId: bigint, reason: unknown): Promise<unknown> {
  if (reason instanceof DOMException) {
    await expire(context, taskId);
    return new TaskEndedError({ taskId, status: "timeout", reason: "deadline_exceeded" });
  }
  if (reason instanceof TaskEndedError) return reason;
  // Where another process has the slot it has ended this task; nothing is left to write.
  if (!context.fenced()) await finish(context, taskId, failure("internal", reasonOf(reason)));
  return reason;
}

function keepLateResult(context: WorkerContext, taskId: bigint, handling: Promise<Audio>): void {
  handling
    .then(() => noteLate(context, taskId))
    .catch(() => {
      // The handler's own error, after its task was given up: nobody waits for it.
    });
}
