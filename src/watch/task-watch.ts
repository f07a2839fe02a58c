import { setTimeout as sleep } from "node:timers/promises";
import type { Queryable } from "../db/pool.ts";
import { readChangedTasks, type TaskRow } from "../db/task-reader.ts";
import { createBell } from "../domain/bell.ts";
import type { Logger } from "../logger.ts";
import { logChanges } from "../outage-log.ts";
import { inChunks } from "./chunks.ts";
import { createFollowedTasks } from "./followed-tasks.ts";
import { createNotifications } from "./notifications.ts";
import { PACE, type Pace } from "./pace.ts";

export interface TaskWatchOptions<Follower> {
  db: Queryable;
  /** undefined: no notifications; tasks are looked at at intervals */
  listenUrl: string | undefined;
  log: Logger;
  /**
   * Called with a task each time it was read and may have changed; undefined: its row is gone. The reading may be
   * older than what the follower knows.
   */
  tell(follower: Follower, task: TaskRow | undefined): void;
  pace?: Pace;
}

/** Reads tasks again when they change, for those who follow them. */
export interface TaskWatch<Follower> {
  /** The follower is told of the task soon, and then at each change. */
  add(taskId: bigint, follower: Follower): void;
  remove(taskId: bigint, follower: Follower): void;
  /** how many tasks are followed */
  readonly size: number;
  close(): Promise<void>;
}

/**
 * A notification is only a hint that a task is worth a look. What is told is what the rows say, and all of them are
 * looked at again at intervals. Nothing runs, and no session LISTENs, before the first task is followed.
 */
export function createTaskWatch<Follower>(options: TaskWatchOptions<Follower>): TaskWatch<Follower> {
  const { db, tell, log, pace = PACE } = options;
  const tasks = createFollowedTasks<Follower>();
  const unread = new Set<bigint>();
  const bell = createBell();
  const outages = logChanges(log);
  const stop = new AbortController();
  let lookedAtAllAt = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | undefined;
  const notifications = createNotifications({
    db,
    url: options.listenUrl,
    log,
    onNotify(taskId) {
      if (!tasks.has(taskId)) return;
      unread.add(taskId);
      bell.ring();
    },
    onChange() {
      lookedAtAllAt = Number.NEGATIVE_INFINITY;
      bell.ring();
    },
  });

  async function keepLooking(): Promise<void> {
    let heard = 0;
    while (!stop.signal.aborted) {
      await bell.wait(heard, dueIn(), stop.signal);
      heard = bell.rings;
      const answered = await look();
      await sleep(answered ? pace.gathering : pace.retry, undefined, { signal: stop.signal }).catch(() => {});
    }
  }

  function dueIn(): number {
    if (tasks.size === 0) return Number.POSITIVE_INFINITY;
    if (unread.size > 0) return 0;
    return Math.min(notifications.dueIn(), allDueIn());
  }

  function allDueIn(): number {
    return lookedAtAllAt + (notifications.come ? pace.listening : pace.polling) - performance.now();
  }

  /** @returns whether the database answered */
  async function look(): Promise<boolean> {
    if (tasks.size === 0) return true;
    // Asked for before the rows are read: what happens after the reading is notified.
    await notifications.request(tasks.ids());
    const all = allDueIn() <= 0;
    // Before the look: a change of the notifications meanwhile asks for another one.
    if (all) lookedAtAllAt = performance.now();
    const taskIds = all ? [...tasks.ids()] : [...unread];
    try {
      for (const chunk of inChunks(taskIds)) await read(chunk);
      outages.works("followed tasks");
      return true;
    } catch (error) {
      if (all) lookedAtAllAt = Number.NEGATIVE_INFINITY;
      outages.failed("followed tasks", error);
      return false;
    }
  }

  async function read(taskIds: readonly bigint[]): Promise<void> {
    // Before the reading: what is notified meanwhile is read again.
    for (const taskId of taskIds) unread.delete(taskId);
    try {
      for (const { taskId, task } of await readChangedTasks(db, taskIds.map(tasks.known))) {
        for (const follower of tasks.told(taskId, task?.status)) tell(follower, task);
      }
    } catch (error) {
      for (const taskId of taskIds) unread.add(taskId);
      throw error;
    }
  }

  return {
    add(taskId, follower) {
      if (!tasks.has(taskId)) notifications.want(taskId);
      tasks.add(taskId, follower);
      unread.add(taskId);
      notifications.listen();
      looking ??= keepLooking();
      bell.ring();
    },
    remove(taskId, follower) {
      tasks.remove(taskId, follower);
      if (!tasks.has(taskId)) unread.delete(taskId);
    },
    get size() {
      return tasks.size;
    },
    async close() {
      stop.abort();
      await Promise.all([looking, notifications.close()]);
    },
  };
}
