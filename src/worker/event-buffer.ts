import { setTimeout as sleep } from "node:timers/promises";
import { isConnectionError, isTransient } from "../db/pool.ts";
import type { WorkerEmitter } from "../domain/events.ts";
import { DatabaseUnavailableError, WorkerStoppedError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import { reasonOf } from "../outage-log.ts";

/** A write that must not be lost. @param repeated it may have been applied already, its answer lost */
type Write<T> = (repeated: boolean) => Promise<T>;

export interface EventBuffer {
  readonly size: number;
  /** Resolves when the database has taken the write, however long it was away. */
  deliver<T>(write: Write<T>): Promise<T>;
  /** Resolves when nothing is left. */
  empty(): Promise<void>;
  /** Gives up what is left, loudly, and takes nothing more. */
  close(): void;
}

interface Entry {
  attempt(): Promise<void>;
  giveUp(error: Error): void;
}

const CAPACITY = 10_000;
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 2000;

/** Keeps the writes that the database cannot take now, and repeats them in their order until it can. */
export function createEventBuffer(events: WorkerEmitter, log: Logger, capacity = CAPACITY): EventBuffer {
  const queue: Entry[] = [];
  const closed = new AbortController();
  let draining: Promise<void> | undefined;

  function enqueue<T>(write: Write<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      queue.push({
        async attempt() {
          resolve(await write(true));
        },
        giveUp: reject,
      });
      if (queue.length > capacity) {
        log.error(`more than ${capacity} results wait for the database: the oldest is lost`);
        lose(
          queue.shift(),
          new DatabaseUnavailableError("the database was away for too long: a result is lost"),
        );
      }
      draining ??= drain().finally(() => {
        draining = undefined;
      });
    });
  }

  function lose(entry: Entry | undefined, error: Error): void {
    events.emit("eventLost", {});
    entry?.giveUp(error);
  }

  async function drain(): Promise<void> {
    log.warn("the database does not take results: they are kept and repeated");
    let pause = FIRST_PAUSE;
    for (let entry = queue[0]; entry; entry = queue[0]) {
      try {
        await entry.attempt();
        events.emit("eventReplayed", {});
      } catch (error) {
        if (isTransient(error)) {
          // One row that a stranger holds locked must not keep the others back.
          if (!isConnectionError(error) && queue[0] === entry) queue.push(...queue.splice(0, 1));
          await sleep(pause, undefined, { signal: closed.signal }).catch(() => {});
          pause = Math.min(2 * pause, LONGEST_PAUSE);
          continue;
        }
        entry.giveUp(error instanceof Error ? error : new Error(reasonOf(error)));
      }
      if (queue[0] === entry) queue.shift();
      pause = FIRST_PAUSE;
    }
    if (!closed.signal.aborted) log.info("all kept results are in the database");
  }

  return {
    get size() {
      return queue.length;
    },
    async deliver(write) {
      if (closed.signal.aborted)
        throw new WorkerStoppedError("the worker has stopped: it writes nothing more");
      // What comes during an outage waits behind what is there already.
      if (queue.length > 0) return enqueue(write);
      try {
        return await write(false);
      } catch (error) {
        if (!isTransient(error) || closed.signal.aborted) throw error;
        return enqueue(write);
      }
    },
    async empty() {
      await draining;
    },
    close() {
      closed.abort();
      if (queue.length > 0) log.error({ results: queue.length }, "the worker stops: these results are lost");
      for (const entry of queue.splice(0)) {
        lose(entry, new WorkerStoppedError("the worker stopped before the database took this result"));
      }
    },
  };
}
