import pLimit from "p-limit";
import { isConnectionError } from "../db/sqlstate.ts";
import { DatabaseUnavailableError } from "../errors.ts";

/** Runs the work when its turn comes. @throws whatever it throws; DatabaseUnavailableError when it is not its turn */
export type Lane = <T>(work: () => Promise<T>) => Promise<T>;

// An outage that refuses connections fails each work quickly by itself; one that hangs would not.
const HANGS = 1000;

/**
 * Lets in so many at once, in their order: ten thousand submissions at once would otherwise wait for the pool's few
 * connections until its patience ends. When the database hangs, all that wait are turned away together, so that
 * they fail as fast as the first.
 */
export function createLane(width: number): Lane {
  const lane = pLimit({ concurrency: width, rejectOnClear: true });

  async function attempt<T>(work: () => Promise<T>): Promise<T> {
    const begin = performance.now();
    try {
      return await work();
    } catch (error) {
      if (isConnectionError(error) && performance.now() - begin > HANGS) lane.clearQueue();
      throw error;
    }
  }

  return async (work) => {
    try {
      return await lane(() => attempt(work));
    } catch (error) {
      if (!(error instanceof DOMException && error.name === "AbortError")) throw error;
      throw new DatabaseUnavailableError("the database does not answer", { cause: error });
    }
  };
}
