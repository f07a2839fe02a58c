import type pg from "pg";
import { type MonitorStats, readStats } from "../collectors/stats.ts";
import { textsCollector } from "../collectors/texts.ts";
import { withSnapshot } from "../db/snapshot.ts";
import { isTransient } from "../db/sqlstate.ts";
import { type ExistingTask, findByContent, follow } from "../db/submit-store.ts";
import { readTaskOfText } from "../db/task-reader.ts";
import { onAbort } from "../domain/abort.ts";
import type { Audio } from "../domain/audio.ts";
import { contentHash } from "../domain/content-hash.ts";
import { DEADLINE_EXCEEDED, type Ending, failure } from "../domain/ending.ts";
import type { Reason } from "../domain/reason.ts";
import type { Outcome } from "../domain/task.ts";
import { type TaskStatus, taskStatus } from "../domain/task-status.ts";
import { reasonOf } from "../domain/thrown.ts";
import {
  ConcurrencyLimitError,
  DatabaseUnavailableError,
  NotFoundError,
  WorkerStoppedError,
} from "../errors.ts";
import { render } from "../metrics/exposition.ts";
import { begin, execute, interrupt, type TaskHandler, type TaskResult } from "./execute.ts";
import { completionOf, finish } from "./finish.ts";
import { openWorker, type Worker } from "./lifecycle.ts";
import type { TaskMonitorOptions } from "./options.ts";
import { submitStarted, type TaskRequest, textIdOf } from "./submit.ts";
import { submitAndWait } from "./submit-and-wait.ts";
import { claimUntilStopped } from "./work.ts";

export interface Ended {
  status: Outcome;
  reason: Reason | null;
}

/** What a TTS service tells of its tasks, and asks about them. */
export interface TaskMonitor {
  /**
   * Records a task, waits for a slot, runs the handler, and resolves when the database has the end of it.
   * @throws DuplicateTaskError, TaskEndedError, WorkerStoppedError, DatabaseUnavailableError, InvalidInputError, and
   *   whatever the handler throws
   */
  run(request: TaskRequest, handler: TaskHandler): Promise<TaskResult>;
  /** Claims pending tasks, retries among them, until the worker closes. */
  work(handler: TaskHandler): Promise<void>;
  /**
   * The old monitor's calls: start now or not at all, end later. A task that nobody ends times out.
   * @throws ConcurrencyLimitError when no slot is free, DuplicateTaskError
   */
  startTask(request: TaskRequest): Promise<{ taskId: bigint }>;
  /** @throws TaskEndedError when it had ended before, NotFoundError; so do the next two */
  completeTask(taskId: bigint, audio: Audio): Promise<Ended>;
  failTask(taskId: bigint, failure: { reason: string; errorMessage: string }): Promise<Ended>;
  timeoutTask(taskId: bigint): Promise<Ended>;
  /**
   * The newest task of the text, its own or one that it follows; null when there is none.
   * @throws DatabaseUnavailableError, WorkerStoppedError after `close`; so do the next three
   */
  getTaskStatus(textId: TaskRequest["textId"]): Promise<TaskStatus | null>;
  /** The task that answers for this content: in work, or completed within the dedup window. */
  findExistingByContent(content: string): Promise<ExistingTask | null>;
  /** Lets the text answer with this task. @throws NotFoundError */
  linkTask(textId: TaskRequest["textId"], taskId: bigint): Promise<void>;
  /** @throws DatabaseUnavailableError also where the application's tables are not there */
  getStats(): Promise<MonitorStats>;
  /** @throws InvalidInputError unless a whole number of at least 1 */
  setConcurrency(limit: number): void;
  /** This worker's metrics, text format 0.0.4. */
  metrics(): Promise<string>;
  /** Where the metrics are served; undefined without `listen`. */
  readonly port: number | undefined;
  /** Starts nothing more, lets finish what runs (within the grace), and leaves. */
  close(): Promise<void>;
}

const STATS_DEADLINE = 3000;
const TEXTS_CACHE = 60_000;

/**
 * Opens a worker's task monitor: takes its slot name over and begins to send heartbeats.
 * @throws ConfigError, DatabaseUnavailableError (away, or its schema is not ours), OperationError (port taken)
 */
export async function createTaskMonitor(options: TaskMonitorOptions): Promise<TaskMonitor> {
  const worker = await openWorker(options);
  return {
    ...executing(worker),
    ...ending(worker),
    ...asking(worker),
    setConcurrency(limit) {
      worker.context.limiter.setLimit(limit);
      void worker.heartbeat.beat();
    },
    metrics: async () => (await render([], [worker.registry], "text")).body,
    port: worker.port,
    close: worker.close,
  };
}

function executing({ context }: Worker): Pick<TaskMonitor, "run" | "work"> {
  return {
    async run(request, handler) {
      const { release, ...task } = await submitAndWait(context, request);
      return execute(context, { ...task, content: request.content }, release, handler);
    },
    work: (handler) => claimUntilStopped(context, handler),
  };
}

function ending({
  context,
}: Worker): Pick<TaskMonitor, "startTask" | "completeTask" | "failTask" | "timeoutTask"> {
  const { limiter, running, settings } = context;

  async function endWith(taskId: bigint, end: Ending): Promise<Ended> {
    running.settle(taskId);
    try {
      await finish(context, taskId, end);
    } finally {
      running.remove(taskId);
    }
    return { status: end.outcome, reason: end.reason };
  }

  async function giveUp(taskId: bigint, reason: unknown): Promise<void> {
    try {
      await interrupt(context, taskId, reason);
    } catch (error) {
      // Ended by others meanwhile, or not to be written any more: the sweeper ends it then.
      settings.log.debug({ task: String(taskId), reason: reasonOf(error) }, "the task was not ended here");
    } finally {
      running.remove(taskId);
    }
  }

  return {
    async startTask(request) {
      const release = await limiter.tryAcquire();
      if (!release)
        throw new ConcurrencyLimitError(`no slot of this worker is free: its limit is ${limiter.limit}`);
      try {
        const task = await submitStarted(context, request);
        const signal = begin(context, task, release);
        onAbort(signal, () => void giveUp(task.taskId, signal.reason));
        return { taskId: task.taskId };
      } catch (error) {
        release();
        throw error;
      }
    },
    completeTask: async (taskId, audio) => endWith(taskId, completionOf(audio)),
    failTask: async (taskId, { reason, errorMessage }) => endWith(taskId, failure(reason, errorMessage)),
    timeoutTask: async (taskId) => endWith(taskId, DEADLINE_EXCEEDED),
  };
}

function asking({
  context,
}: Worker): Pick<TaskMonitor, "getTaskStatus" | "findExistingByContent" | "linkTask" | "getStats"> {
  const { pool, settings } = context;
  const texts = textsCollector(TEXTS_CACHE);
  return {
    async getTaskStatus(textId) {
      const id = textIdOf(textId);
      const task = await ask(pool, () => readTaskOfText(pool, id));
      return task ? taskStatus(id, task) : null;
    },
    async findExistingByContent(content) {
      const hash = contentHash(content);
      return (await ask(pool, () => findByContent(pool, hash, settings.dedupWindow))) ?? null;
    },
    async linkTask(textId, taskId) {
      const id = textIdOf(textId);
      const known = await ask(pool, () => follow(pool, id, taskId));
      if (!known) throw new NotFoundError(`there is no task ${taskId}`);
    },
    getStats: () =>
      ask(pool, () =>
        withSnapshot(pool, performance.now() + STATS_DEADLINE, ({ client, takenAt }) =>
          readStats(client, texts, takenAt),
        ),
      ),
  };
}

/** @throws WorkerStoppedError, DatabaseUnavailableError: in our words, whatever the driver calls it */
async function ask<T>(pool: pg.Pool, question: () => Promise<T>): Promise<T> {
  if (pool.ending) throw new WorkerStoppedError("the worker has stopped: it asks the database nothing more");
  try {
    return await question();
  } catch (error) {
    if (!isTransient(error)) throw error;
    throw new DatabaseUnavailableError(`the database does not answer: ${reasonOf(error)}`, { cause: error });
  }
}
