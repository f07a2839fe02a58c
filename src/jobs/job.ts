/** A background task of the monitor: correct whoever runs it, and however many do at once. */
export interface Job {
  name: string;
  /** ms between two runs */
  interval: number;
  /**
   * One run. Errors are reported by the scheduler.
   * @param stop tells a long one that the process is stopping: it may then break off, by an error too
   */
  run(stop: AbortSignal): Promise<void>;
}

/** Told of each run: its result and its duration in seconds. */
export type JobObserver = (job: string, result: "ok" | "error" | "skipped", seconds: number) => void;
