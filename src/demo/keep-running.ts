import type { Child } from "./child.ts";
import type { DemoContext } from "./context.ts";
import { timeOfDay } from "./screen.ts";

const RESTART_DELAY_MS = 2000;
// A worker takes its grace up to three times: for what runs, for what is deaf to the abort, for unsent finishes.
const GRACES = 3;
const KILL_AFTER_MS = 5000;

/**
 * Starts a child, and anew two seconds after each end of it, until the demo stops: that ends it, waiting for at
 * most `graceMs`. Returns the first child.
 */
export function keepRunning(
  { settings, print, atEnd }: DemoContext,
  start: () => Child,
  graceMs = GRACES * settings.shutdown.grace + KILL_AFTER_MS,
): Child {
  let restart: NodeJS.Timeout | undefined;
  let stopping = false;
  let child = watched();

  function watched(): Child {
    const started = start();
    void started.ended.then((how) => {
      if (stopping) return;
      print(`${timeOfDay()}  ${started.name} ended (${how}), starting it again`);
      restart = setTimeout(() => {
        child = watched();
      }, RESTART_DELAY_MS);
    });
    return started;
  }

  atEnd(async () => {
    stopping = true;
    clearTimeout(restart);
    await child.stop(graceMs);
  });
  return child;
}
