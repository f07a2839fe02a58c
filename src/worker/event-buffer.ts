import { setTimeout as sleep } from "node:timers/promises";
import { isConnectionError } from "../db/pool.ts";
import { DatabaseUnavailableError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import { reasonOf } from "../outage-log.ts";
import type { WorkerEmitter } from "./events.ts";

/** A write that must not be lost. @param repeated it may have been applied already, its answer lost */
type Write<T> = (repeated: boolean) => Promise<T>;

export interface EventBuffer {
  readonly size: number;
  /** Resolves when the database has taken the write, however long it was away. */
  deliver<T>(write: Write<T>): Promise<T>;
  /** Resolves when nothing is left, or after so many ms. */
  flush(within: number): Promise<void>;
}

interface Entry {
  attempt(): Promise<void>;
  giveUp(error: Error): void;
}

const CAPACITY = 10_000;
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 2000;
const LOCK_NOT_AVAILABLE = "55P03";

/** Keeps the writes that the database cannot take now, and repeats them in their order until it can. */
export function createEventBuffer(events: WorkerEmitter, log: Logger, capacity = CAPACITY): EventBuffer {
  const queue: Entry[] = [];
  let draining: Promise<void> | undefined;

  function enqueue<T>(write: Write<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      queue.push({
        async attempt() {
          resolve(await write(true));
        },
        giveUp: reject,
      });
      if (queue.length > capacity) lose(queue.shift());
      draining ??= drain().finally(() => {
        draining = undefined;
      });
    });
  }

  function lose(entry: Entry | undefined): void {
    events.emit("eventLost", {});
    log.error(`more than ${capacity} results wait for the database: the oldest is lost`);
    entry?.giveUp(new DatabaseUnavailableError("the database was away for too long: this result is lost"));
  }

  async function drain(): Promise<void> {
    log.warn("the database cannot be reached: results are kept and will be repeated");
    let pause = FIRST_PAUSE;
    for (let entry = queue[0]; entry; entry = queue[0]) {
      try {
        await entry.attempt();
        events.emit("eventReplayed", {});
      } catch (error) {
        if (isTransient(error)) {
          await sleep(pause);
          pause = Math.min(2 * pause, LONGEST_PAUSE);
          continue;
        }
        entry.giveUp(error instanceof Error ? error : new Error(reasonOf(error)));
      }
      if (queue[0] === entry) queue.shift();
      pause = FIRST_PAUSE;
    }
    log.info("all kept results are in the database");
  }

  return {
    get size() {
      return queue.length;
    },
    async deliver(write) {
      // What comes during an outage waits behind what is there already.
      if (queue.length > 0) return enqueue(write);
      try {
        return await write(false);
      } catch (error) {
        if (!isTransient(error)) throw error;
        return enqueue(write);
      }
    },
    async flush(within) {
      const timeout = new AbortController();
      await Promise.race([draining, sleep(within, undefined, { signal: timeout.signal }).catch(() => {})]);
      timeout.abort();
    },
  };
}

function isTransient(error: unknown): boolean {
  return (
    isConnectionError(error) ||
    (error instanceof Error && "code" in error && error.code === LOCK_NOT_AVAILABLE)
  );
}
