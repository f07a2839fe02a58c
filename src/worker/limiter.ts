import pLimit from "p-limit";
import { InvalidInputError, WorkerStoppedError } from "../errors.ts";

export type Release = () => void;

/** A worker's slots. Whoever holds one gives it back by calling its release, once. */
export interface Limiter {
  readonly limit: number;
  readonly active: number;
  /** Resolves when a slot is free; first come, first served. @throws WorkerStoppedError after `close` */
  acquire(): Promise<Release>;
  /** A slot if one is free right now. */
  tryAcquire(): Promise<Release> | undefined;
  /** Effective at once: more slots let waiters in, fewer stop new starts only. */
  setLimit(limit: number): void;
  /** Turns waiters away, now and later. */
  close(): void;
  /** Resolves when nobody holds a slot. */
  idle(): Promise<void>;
}

export function createLimiter(initial: number): Limiter {
  const slots = pLimit({ concurrency: checkedLimit(initial), rejectOnClear: true });
  let closed = false;
  let holders = 0;
  const onIdle: (() => void)[] = [];

  function acquire(): Promise<Release> {
    if (closed) return Promise.reject(new WorkerStoppedError("the worker is closing"));
    return new Promise((resolve, reject) => {
      const held = slots(async () => {
        holders++;
        await new Promise<void>((release) => resolve(release));
        holders--;
        if (holders === 0) for (const call of onIdle.splice(0)) call();
      });
      held.catch(() => reject(new WorkerStoppedError("the worker is closing")));
    });
  }

  return {
    get limit() {
      return slots.concurrency;
    },
    get active() {
      return slots.activeCount;
    },
    acquire,
    tryAcquire() {
      return slots.activeCount + slots.pendingCount < slots.concurrency ? acquire() : undefined;
    },
    setLimit(limit) {
      slots.concurrency = checkedLimit(limit);
    },
    close() {
      closed = true;
      slots.clearQueue();
    },
    idle() {
      return slots.activeCount === 0 ? Promise.resolve() : new Promise((resolve) => onIdle.push(resolve));
    },
  };
}

/** @throws InvalidInputError */
function checkedLimit(limit: number): number {
  if (Number.isSafeInteger(limit) && limit >= 1) return limit;
  throw new InvalidInputError(`concurrency must be a whole number of at least 1, not ${limit}`);
}
