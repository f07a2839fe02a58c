// npm passes on to its child the Ctrl-C that the terminal has sent to the child already.
const SAME_KEYSTROKE_MS = 100;

/** Aborts at the first SIGINT or SIGTERM. A second one is impatience: the process ends at once with 1. */
export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  let firstAt = 0;
  const onSignal = () => {
    if (!stop.signal.aborted) {
      firstAt = performance.now();
      stop.abort();
    } else if (performance.now() - firstAt > SAME_KEYSTROKE_MS) {
      process.exit(1);
    }
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return stop.signal;
}
