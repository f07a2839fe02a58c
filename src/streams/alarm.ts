/** Something to wait for that ends early when it rings. */
export interface Alarm {
  ring(): void;
  /** Resolves when the time (ms, may be Infinity) is over, or when it rings or has rung since the last wait. */
  wait(time: number): Promise<void>;
}

export function createAlarm(): Alarm {
  let rung = false;
  let wake = () => {};
  return {
    ring() {
      rung = true;
      wake();
    },
    async wait(time) {
      if (!rung && time > 0) {
        await new Promise<void>((resolve) => {
          const timer = Number.isFinite(time) ? setTimeout(resolve, time) : undefined;
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      rung = false;
    },
  };
}
