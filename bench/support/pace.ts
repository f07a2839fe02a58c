import { setTimeout as sleep } from "node:timers/promises";

/** Waits until `ms` after `begin`, which is a time of `performance.now()`; not at all where that is over. */
export async function until(begin: number, ms: number): Promise<void> {
  const left = begin + ms - performance.now();
  if (left > 0) await sleep(left);
}

export interface Repeated {
  /** rejects as soon as the work has failed, which ends it */
  done: Promise<void>;
  /** Ends it, after what is under way; fails if the work has failed. */
  stop(): Promise<void>;
}

/**
 * Does something again and again, one after the other.
 * @param interval ms between two beginnings; longer where the work takes longer
 */
export function repeat(interval: number, work: () => Promise<unknown>): Repeated {
  const stopping = new AbortController();
  const done = (async () => {
    while (!stopping.signal.aborted) {
      const begin = performance.now();
      await work();
      const left = begin + interval - performance.now();
      await sleep(Math.max(0, left), undefined, { signal: stopping.signal }).catch(() => {});
    }
  })();
  done.catch(() => {});
  return {
    done,
    async stop() {
      stopping.abort();
      await done;
    },
  };
}
