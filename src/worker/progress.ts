/** When the worker last moved on: what shows a wedged one. */
export interface Progress {
  /** seconds since the epoch; of several loops the one that is furthest behind counts */
  readonly lastAt: number;
  /** The process lives. A loop that has to turn by itself is not excused by that, unless it waits with good reason. */
  move(): void;
  /** A loop that has to turn by itself from now on, or the worker is wedged. */
  addLoop(): LoopProgress;
}

export interface LoopProgress {
  /** The loop has moved on. */
  turn(): void;
  /** Waits for something that may take as long as it likes; whatever moves the process moves the loop meanwhile. */
  excused<T>(waiting: Promise<T>): Promise<T>;
  /** The loop has ended, in good order. */
  remove(): void;
}

export function createProgress(now: () => number = () => Date.now() / 1000): Progress {
  let movedAt = now();
  const loops = new Set<{ turnedAt: number; excused: boolean }>();
  return {
    get lastAt() {
      return loops.size === 0 ? movedAt : Math.min(...[...loops].map(({ turnedAt }) => turnedAt));
    },
    move() {
      movedAt = now();
      for (const loop of loops) if (loop.excused) loop.turnedAt = movedAt;
    },
    addLoop() {
      const loop = { turnedAt: now(), excused: false };
      loops.add(loop);
      return {
        turn() {
          loop.turnedAt = now();
        },
        async excused(waiting) {
          loop.excused = true;
          try {
            return await waiting;
          } finally {
            loop.excused = false;
            loop.turnedAt = now();
          }
        },
        remove() {
          loops.delete(loop);
          movedAt = now();
        },
      };
    },
  };
}
