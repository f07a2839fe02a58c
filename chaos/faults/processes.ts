import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../stage/random.ts";
import type { Part } from "../stage/stage.ts";
import type { Prepared } from "./fault.ts";
import { lasting } from "./time.ts";

/** One of them is ended, stays away for up to two seconds, and comes back. */
export function startedAnew(
  random: Random,
  parts: readonly Part[],
  how: "kill" | "stop",
): Prepared | undefined {
  if (parts.length === 0) return undefined;
  const part = random.pick(parts);
  const ms = random.whole(0, 2000);
  return {
    targets: [part.name],
    detail: `away for ${ms} ms`,
    async inject() {
      await part[how]();
      try {
        await sleep(ms);
      } finally {
        await part.start();
      }
    },
  };
}

/** It is stopped in the middle of whatever it does, and goes on. */
export function freezing(part: Part, ms: number): Prepared {
  return {
    targets: [part.name],
    detail: `${ms} ms`,
    inject: () =>
      lasting(
        ms,
        () => part.freeze(),
        () => part.thaw(),
      ),
  };
}
