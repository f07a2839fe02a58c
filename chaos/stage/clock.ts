import { type Clock, createClock, FAKETIME_OF_THREADS } from "../../test/support/faketime.ts";
import { WITH_A_CLOCK } from "./settings.ts";

/** The clock of a part that has one of its own; undefined for others, and where libfaketime is not installed. */
export function clockOf(part: string, folder: string): Clock | undefined {
  if (!WITH_A_CLOCK.includes(part)) return undefined;
  if (FAKETIME_OF_THREADS !== undefined) return createClock(FAKETIME_OF_THREADS, `${folder}/${part}.clock`);
  console.warn(`skipped: steps of the clock of ${part} (libfaketime is not installed)`);
  return undefined;
}
