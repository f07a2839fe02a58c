import { setTimeout as sleep } from "node:timers/promises";
import { isTransient } from "../db/sqlstate.ts";
import { submitAndStart } from "../db/submission.ts";
import {
  adoptPending,
  type ExistingTask,
  follow,
  followLeader,
  insertPending,
  type NewTask,
} from "../db/submit-store.ts";
import { CONTENT_HASH, contentHash } from "../domain/content-hash.ts";
import { parseId } from "../domain/task-status.ts";
import { reasonOf } from "../domain/thrown.ts";
import {
  ConcurrencyLimitError,
  DatabaseUnavailableError,
  DuplicateTaskError,
  InvalidInputError,
  WorkerStoppedError,
} from "../errors.ts";
import type { WorkerContext } from "./context.ts";

export interface TaskRequest {
  /** a number, a bigint or decimal digits: 1…2^63−1 */
  textId: number | bigint | string;
  /** the text; or its hash alone */
  content?: string;
  /** SHA-256 of the content in UTF-8, 64 lower-case hex digits */
  contentHash?: string;
}

export interface KnownTask {
  taskId: bigint;
  textId: bigint;
}

// Between looking for a task of the same content and looking again, that task may have ended; not often in a row, and
// less often where those who look do not do so at the same time.
const ATTEMPTS = 20;
const LONGEST_PAUSE = 50;

/**
 * Records a pending task, or takes over the one of the same content that nobody waits with.
 * @param recorded called when the submission is, as a task or as a duplicate
 * @throws DuplicateTaskError, InvalidInputError, WorkerStoppedError, DatabaseUnavailableError: where it was recorded
 *   all the same, its answer lost, it is left to whoever comes
 */
export async function submit(
  context: WorkerContext,
  request: TaskRequest,
  recorded: () => void,
): Promise<KnownTask> {
  const task = newTask(context, request);
  return orUnavailable(context, async () => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const taskId = await insertPending(context.pool, task);
      if (taskId !== undefined) {
        recorded();
        return { taskId, textId: task.textId };
      }
      const adopted = await adoptPending(context.pool, task.contentHash, context.slot);
      if (adopted) {
        recorded();
        return takenOver(context, task, adopted);
      }
      await refuseDuplicate(context, task, recorded);
      await sleep(LONGEST_PAUSE * Math.random());
    }
    throw new DatabaseUnavailableError("the tasks of this content change too quickly");
  });
}

/**
 * Records a task and starts it at once.
 * @throws ConcurrencyLimitError (nothing was recorded) and as `submit`
 */
export async function submitStarted(
  context: WorkerContext,
  request: TaskRequest,
): Promise<KnownTask & { waited: number }> {
  const { pool, settings } = context;
  const task = newTask(context, request);
  const recorded = () => void context.events.emit("submitted", {});
  return orUnavailable(context, async () => {
    const submitted = await submitAndStart((step) => step(pool), task, settings.taskTimeout);
    if (submitted.outcome === "refused") {
      throw new ConcurrencyLimitError("the limit of concurrent tasks is reached");
    }
    recorded();
    if (submitted.outcome === "duplicate") throw duplicate(context, submitted.leader);
    return submitted;
  });
}

/** A task of the same content may be another text's, which this one then follows. */
async function takenOver(context: WorkerContext, task: NewTask, taken: KnownTask): Promise<KnownTask> {
  if (taken.textId !== task.textId) await follow(context.pool, task.textId, taken.taskId);
  return taken;
}

async function refuseDuplicate(
  context: WorkerContext,
  task: HashedTask,
  recorded: () => void,
): Promise<void> {
  const { pool, settings } = context;
  const leader = await followLeader(pool, task.textId, task.contentHash, settings.dedupWindow);
  if (!leader) return;
  recorded();
  throw duplicate(context, leader);
}

function duplicate({ events }: WorkerContext, leader: ExistingTask): DuplicateTaskError {
  events.emit("deduplicated", {});
  return new DuplicateTaskError(leader);
}

type HashedTask = NewTask & { contentHash: string };

function newTask({ slot, settings }: WorkerContext, request: TaskRequest): HashedTask {
  return {
    textId: textIdOf(request.textId),
    contentHash: hashOf(request),
    slot,
    dedupWindow: settings.dedupWindow,
  };
}

/** @throws InvalidInputError */
export function textIdOf(textId: TaskRequest["textId"]): bigint {
  const id = parseId(String(textId));
  if (id === undefined) throw new InvalidInputError("textId must be a decimal integer in 1…2^63−1");
  return id;
}

function hashOf({ content, contentHash: given }: TaskRequest): string {
  if (given !== undefined && !CONTENT_HASH.test(given)) {
    throw new InvalidInputError("contentHash must be 64 lower-case hex digits");
  }
  const own = typeof content === "string" ? contentHash(content) : undefined;
  if (own !== undefined && given !== undefined && own !== given) {
    throw new InvalidInputError("contentHash does not match the content");
  }
  const hash = own ?? given;
  if (hash === undefined) throw new InvalidInputError("content or contentHash is required");
  return hash;
}

/** Fails fast, in our words, when the database is away. */
async function orUnavailable<T>(context: WorkerContext, work: () => Promise<T>): Promise<T> {
  try {
    return await context.submissions(async () => {
      if (context.stopped.aborted) {
        throw new WorkerStoppedError("the worker has stopped: it takes nothing more");
      }
      return work();
    });
  } catch (error) {
    if (!isTransient(error)) throw error;
    context.suspectForgotten();
    throw new DatabaseUnavailableError(`the database does not answer: ${reasonOf(error)}`, { cause: error });
  }
}
