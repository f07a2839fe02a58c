import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { end } from "../../src/db/end-store.ts";
import { start } from "../../src/db/start-store.ts";
import { insertPending } from "../../src/db/submit-store.ts";
import type { Slot } from "../../src/db/worker-store.ts";
import { COMPLETED } from "../../test/support/tasks.ts";
import { TRANSITIONS } from "./task-script.ts";

// Enough that none of them is what a call waits for.
const CONNECTIONS = 16;
const TASK_TIMEOUT = 2_400_000;

/** A statement that was sent and answered. */
export interface Sample {
  /** ms since 1970 */
  at: number;
  /** ms */
  took: number;
}

export interface Load {
  samples: readonly Sample[];
  /** Ends it once what is under way is done. Throws what any of it has thrown. */
  stop(): Promise<void>;
}

/** Sends a statement, and notes how long its answer takes. */
export type Timed = <T>(work: (db: pg.Pool) => Promise<T>) => Promise<T>;

/**
 * Calls come at their time, however long those before them take, so that a stall shows in all that fall into it.
 * @param rate calls a second
 */
export function startLoad(
  url: string,
  rate: number,
  call: (timed: Timed, index: number) => Promise<void>,
): Load {
  // Without any timeout: the library gives up after some seconds and tries again, and what is asked here is how long
  // it would have to.
  const db = new pg.Pool({ connectionString: url, max: CONNECTIONS });
  db.on("error", () => {});
  const samples: Sample[] = [];
  const timed: Timed = async (work) => {
    const [at, begin] = [Date.now(), performance.now()];
    const answer = await work(db);
    samples.push({ at, took: performance.now() - begin });
    return answer;
  };
  const calls: Promise<void>[] = [];
  let stopped = false;
  const calling = (async () => {
    for (const begin = performance.now(); !stopped; await sleep(1)) {
      const due = ((performance.now() - begin) / 1000) * rate;
      while (calls.length < due) {
        const one = call(timed, calls.length);
        one.catch(() => {});
        calls.push(one);
      }
    }
  })();
  return {
    samples,
    async stop() {
      stopped = true;
      await calling;
      await Promise.allSettled(calls);
      await db.end();
      await Promise.all(calls);
    },
  };
}

/**
 * Tasks that come, start and end by the library's own statements, each a transaction.
 * @param rate transitions a second
 */
export function startTransitions(url: string, slot: Slot, rate: number): Load {
  return startLoad(url, rate / TRANSITIONS, async (timed, index) => {
    const task = { textId: BigInt(index + 1), contentHash: null, slot, dedupWindow: 0 };
    const id = await timed((db) => insertPending(db, task));
    if (id === undefined) throw new Error("a task was not recorded");
    await timed((db) => start(db, id, slot, TASK_TIMEOUT));
    await timed((db) => end(db, id, COMPLETED));
  });
}

/** How long those took, ms, that were sent from the one time to the other (ms since 1970). */
export function between(samples: readonly Sample[], from: number, to: number): number[] {
  return samples.filter(({ at }) => at >= from && at <= to).map(({ took }) => took);
}
