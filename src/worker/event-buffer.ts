import { setTimeout as sleep } from "node:timers/promises";
import pLimit from "p-limit";
import { isConnectionError, isTransient } from "../db/sqlstate.ts";
import type { WorkerEmitter } from "../domain/events.ts";
import { reasonOf } from "../domain/thrown.ts";
import { DatabaseUnavailableError, WorkerStoppedError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import type { Finish } from "./finish-record.ts";
import type { Spool } from "./spool.ts";

export interface EventBuffer {
  readonly size: number;
  /** Resolves when the database has taken it, however long it was away. @throws WorkerStoppedError, and as `apply` */
  deliver(finish: Finish): Promise<void>;
  /** Resolves when nothing is left. */
  empty(): Promise<void>;
  /** Leaves what is left to the spool, else gives it up, loudly; takes nothing more. Never rejects. */
  close(): Promise<void>;
}

export interface EventBufferOptions {
  /** Writes a finish to the database. @param repeated it may have been written already, its answer lost */
  apply(finish: Finish, repeated: boolean): Promise<void>;
  events: WorkerEmitter;
  log: Logger;
  /** where what waits outlives this process */
  spool?: Spool | undefined;
  /** how many may wait */
  capacity?: number;
}

interface Entry {
  finish: Finish;
  taken(): void;
  giveUp(error: Error): void;
}

const CAPACITY = 10_000;
// The pool has few connections: results that waited for one longer than it has patience would look like an outage.
const FIRST_ATTEMPTS_AT_ONCE = 4;
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 2000;

/** Keeps the finishes that the database cannot take now, and repeats them in their order until it can. */
export function createEventBuffer(options: EventBufferOptions): EventBuffer {
  const { apply, events, log, spool, capacity = CAPACITY } = options;
  const queue: Entry[] = [];
  const firstAttempts = new Set<Finish>();
  const turns = pLimit(FIRST_ATTEMPTS_AT_ONCE);
  const closed = new AbortController();
  let draining: Promise<void> | undefined;
  let spoolClosed: Promise<void> | undefined;

  /** @returns false when it was not attempted, because meanwhile an outage began or the buffer was closed */
  async function attemptFirst(finish: Finish): Promise<boolean> {
    firstAttempts.add(finish);
    try {
      return await turns(async () => {
        if (closed.signal.aborted || queue.length > 0) return false;
        await apply(finish, false);
        return true;
      });
    } finally {
      firstAttempts.delete(finish);
    }
  }

  function enqueue(finish: Finish): Promise<void> {
    return new Promise((taken, giveUp) => {
      queue.push({ finish, taken, giveUp });
      spool?.keep(finish);
      if (queue.length > capacity) {
        log.error(`more than ${capacity} results wait for the database: the oldest is lost`);
        events.emit("eventLost", {});
        queue[0]?.giveUp(
          new DatabaseUnavailableError("the database was away for too long: a result is lost"),
        );
        dropFirst();
      }
      draining ??= drain().finally(() => {
        draining = undefined;
      });
    });
  }

  function dropFirst(): void {
    const entry = queue.shift();
    if (entry) spool?.release(entry.finish);
  }

  async function drain(): Promise<void> {
    log.warn("the database does not take results: they are kept and repeated");
    let pause = FIRST_PAUSE;
    for (let entry = queue[0]; entry; entry = queue[0]) {
      try {
        await apply(entry.finish, true);
        events.emit("eventReplayed", {});
        entry.taken();
      } catch (error) {
        if (isTransient(error)) {
          // One row that a stranger holds locked must not keep the others back.
          if (!isConnectionError(error) && queue[0] === entry) queue.push(...queue.splice(0, 1));
          spool?.retry();
          await sleep(pause, undefined, { signal: closed.signal }).catch(() => {});
          pause = Math.min(2 * pause, LONGEST_PAUSE);
          continue;
        }
        entry.giveUp(error instanceof Error ? error : new Error(reasonOf(error)));
      }
      if (queue[0] === entry) dropFirst();
      pause = FIRST_PAUSE;
    }
    if (!closed.signal.aborted) log.info("all kept results are in the database");
  }

  return {
    get size() {
      return queue.length;
    },
    async deliver(finish) {
      if (closed.signal.aborted)
        throw new WorkerStoppedError("the worker has stopped: it writes nothing more");
      // What comes during an outage waits behind what is there already.
      if (queue.length > 0) return enqueue(finish);
      try {
        if (await attemptFirst(finish)) return;
      } catch (error) {
        if (!isTransient(error)) throw error;
      }
      if (!closed.signal.aborted) return enqueue(finish);
      await spoolClosed;
      return new Promise((_, giveUp) => leave([{ finish, giveUp }], options));
    },
    async empty() {
      await draining;
    },
    async close() {
      closed.abort();
      const left = queue.splice(0);
      // Their answers may still come; should they not, they are kept too.
      for (const finish of firstAttempts) spool?.keep(finish);
      spoolClosed = spool?.close();
      await spoolClosed;
      leave(left, options);
    },
  };
}

/** Tells of what the closed buffer has not delivered whether it is kept or lost. */
function leave(
  entries: Pick<Entry, "finish" | "giveUp">[],
  { spool, events, log }: Pick<EventBufferOptions, "spool" | "events" | "log">,
): void {
  const stopped = "the worker stopped before the database took this result";
  const kept = entries.filter(({ finish }) => spool?.holds(finish));
  if (kept.length > 0)
    log.warn({ results: kept.length }, "the worker stops: these results stay in its spool");
  for (const { giveUp } of kept) {
    giveUp(new WorkerStoppedError(`${stopped}: it is kept, and written when the worker starts again`));
  }
  const lost = entries.filter(({ finish }) => !spool?.holds(finish));
  if (lost.length > 0) log.error({ results: lost.length }, "the worker stops: these results are lost");
  for (const { giveUp } of lost) {
    events.emit("eventLost", {});
    giveUp(new WorkerStoppedError(`${stopped}: it is lost`));
  }
}
