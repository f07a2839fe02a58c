import type { Release } from "./limiter.ts";

export interface RunningTasks {
  readonly size: number;
  ids(): bigint[];
  /** seconds since the start of the oldest; 0 when there is none */
  readonly oldestAge: number;
  /**
   * @param timeout ms to its deadline
   * @param release gives its slot back
   * @returns fires at the deadline, when the task is ended by others, when the slot is lost, and when the worker's
   *   grace is over
   */
  add(taskId: bigint, timeout: number, release: Release): AbortSignal;
  /** those whose end is not on its way to the database yet */
  unsettled(): bigint[];
  /** Notes that the task's end is on its way. */
  settle(taskId: bigint): void;
  /** Stops the task's clock and gives its slot back; nothing for a task that is not here. */
  remove(taskId: bigint): void;
  /** Fires the task's signal; nothing for a task that is not here. */
  abort(taskId: bigint, reason: Error): void;
  /** Aborts what runs, and whatever is added later: its start may have been on its way. */
  abortAll(reason: Error): void;
}

interface Entry {
  startedAt: number;
  controller: AbortController;
  timer: NodeJS.Timeout;
  release: Release;
  settled: boolean;
}

/** The tasks that this process runs, and nothing of those that have ended. */
export function createRunningTasks(): RunningTasks {
  const entries = new Map<bigint, Entry>();
  let aborted: Error | undefined;

  return {
    get size() {
      return entries.size;
    },
    ids: () => [...entries.keys()],
    get oldestAge() {
      // A Map keeps the order of insertion, which is that of the starts.
      const [oldest] = entries.values();
      return oldest ? (performance.now() - oldest.startedAt) / 1000 : 0;
    },
    add(taskId, timeout, release) {
      const controller = new AbortController();
      const timer = setTimeout(() => controller.abort(deadlineError(timeout)), timeout);
      if (aborted) controller.abort(aborted);
      entries.set(taskId, { startedAt: performance.now(), controller, timer, release, settled: false });
      return controller.signal;
    },
    unsettled: () => [...entries].filter(([, { settled }]) => !settled).map(([id]) => id),
    settle(taskId) {
      const entry = entries.get(taskId);
      if (entry) entry.settled = true;
    },
    remove(taskId) {
      const entry = entries.get(taskId);
      if (!entry) return;
      clearTimeout(entry.timer);
      entries.delete(taskId);
      entry.release();
    },
    abort: (taskId, reason) => entries.get(taskId)?.controller.abort(reason),
    abortAll(reason) {
      aborted = reason;
      for (const { controller } of entries.values()) controller.abort(reason);
    },
  };
}

/** The standard name for it, as `AbortSignal.timeout` uses. */
function deadlineError(timeout: number): DOMException {
  return new DOMException(`the task's deadline of ${timeout} ms has passed`, "TimeoutError");
}
