/** Something to wait for that ends early when it rings. */
export interface Bell {
  /** how often it has rung; to be read before a look, so that a ring during the look is not lost */
  readonly rings: number;
  ring(): void;
  /**
   * Resolves when it has rung more often than `heard`, when the time (ms, may be Infinity) is over, or when the signal
   * fires.
   */
  wait(heard: number, time: number, signal: AbortSignal): Promise<void>;
}

export function createBell(): Bell {
  let rings = 0;
  const sleepers = new Set<() => void>();
  return {
    get rings() {
      return rings;
    },
    ring() {
      rings++;
      for (const wake of sleepers) wake();
    },
    async wait(heard, time, signal) {
      if (rings > heard || time <= 0 || signal.aborted) return;
      await new Promise<void>((resolve) => {
        const wake = () => {
          sleepers.delete(wake);
          clearTimeout(timer);
          signal.removeEventListener("abort", wake);
          resolve();
        };
        // What is longer than its timers hold Node.js fires at once.
        const timer = Number.isFinite(time) ? setTimeout(wake, time) : undefined;
        signal.addEventListener("abort", wake);
        sleepers.add(wake);
      });
    },
  };
}
