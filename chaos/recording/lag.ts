/** How late this process's own timers are: by that much whatever it measures may be too long. */
export interface LagMeter {
  /** ms by which timers were late in sum, between two times of `performance.now()` */
  between(begin: number, end: number): number;
  stop(): void;
}

const TICK = 20;
/** s; longer than any question asked of it */
const REMEMBERED = 60;

export function createLagMeter(): LagMeter {
  let late: { at: number; ms: number }[] = [];
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    if (now - last > 2 * TICK) late.push({ at: now, ms: now - last - TICK });
    last = now;
    if (late.length > 1000) late = late.filter(({ at }) => at > now - 1000 * REMEMBERED);
  }, TICK);
  return {
    between: (begin, end) =>
      late.filter(({ at }) => at >= begin && at <= end + TICK).reduce((sum, { ms }) => sum + ms, 0),
    stop: () => clearInterval(timer),
  };
}
