export interface SharedRun<T> {
  /** Joins a run that begins after this call; `fresh` for the caller that set it off. */
  join(): { result: Promise<T>; fresh: boolean };
}

/**
 * Lets concurrent callers share runs of one costly read: at most one is under way and one is next. Nobody joins a
 * run that has begun already, so that a reader always sees what was committed before it asked.
 */
export function sharedRun<T>(run: () => Promise<T>): SharedRun<T> {
  let underWay: Promise<unknown> | undefined;
  let next: Promise<T> | undefined;

  function begin(): Promise<T> {
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
      if (next) return { result: next, fresh: false };
      if (!underWay) return { result: begin(), fresh: true };
      next = underWay.then(() => {
        next = undefined;
        return begin();
      });
      return { result: next, fresh: true };
    },
  };
}
