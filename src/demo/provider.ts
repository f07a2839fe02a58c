import { setTimeout as sleep } from "node:timers/promises";
import type { FailureReason } from "../domain/reason.ts";
import type { Fault } from "./faults.ts";

/** A failure whose reason the monitor counts. */
export class SpeechError extends Error {
  readonly reason: FailureReason;
  constructor(reason: FailureReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "SpeechError";
    this.reason = reason;
  }
}

/** Lets the fault happen: returns where it is over and the text may be spoken after all. */
export async function suffer(fault: Fault, signal: AbortSignal): Promise<void> {
  switch (fault.kind) {
    case "none":
      return;
    case "fail":
      throw new SpeechError(fault.reason, fault.message);
    case "slow":
      await sleep(fault.milliseconds, undefined, { signal });
      return;
    case "hang":
      return await new Promise((_, reject) => {
        if (!fault.deaf) signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      });
    case "crash":
      process.kill(process.pid, "SIGKILL");
  }
}
