import { setTimeout as sleep } from "node:timers/promises";

export interface SharedRun<T> {
  /** Joins a run that begins after this call; `fresh` for the caller that set it off. */
  join(): { result: Promise<T>; fresh: boolean };
}

/**
 * Lets concurrent callers share runs of one costly read: at most one is under way and one is next. Nobody joins a
 * run that has begun already, so that a reader always sees what was committed before it asked.
 * @param gap ms from the begin of one run to that of the next; who comes after a longer pause does not wait
 */
export function sharedRun<T>(run: () => Promise<T>, gap: number): SharedRun<T> {
  let underWay: Promise<unknown> | undefined;
  let next: Promise<T> | undefined;
  let begunAt = Number.NEGATIVE_INFINITY;

  const rest = () => begunAt + gap - performance.now();

  async function mayBegin(): Promise<void> {
    await underWay;
    // A timer may fire a fraction of a millisecond early.
    while (rest() > 0) await sleep(rest());
  }

  function begin(): Promise<T> {
    begunAt = performance.now();
    const result = run();
    const settled = result
      .then(
        () => {},
        () => {},
      )
      .then(() => {
        if (underWay === settled) underWay = undefined;
      });
    underWay = settled;
    return result;
  }

  return {
    join() {
      if (next !== undefined) return { result: next, fresh: false };
      if (!underWay && rest() <= 0) return { result: begin(), fresh: true };
      next = mayBegin().then(() => {
        next = undefined;
        return begin();
      });
      return { result: next, fresh: true };
    },
  };
}
