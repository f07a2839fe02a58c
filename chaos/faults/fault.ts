import type { Random } from "../stage/random.ts";
import type { Stage } from "../stage/stage.ts";
import type { FaultKind } from "./kinds.ts";

/** `breaking`: one at a time, for each of them takes something away; `pressing`: beside them, more work for all. */
export type Lane = "breaking" | "pressing";

/** A fault as the schedule has drawn it: all that chance decides is decided. */
export interface Prepared {
  /** the parts that it befalls, by name */
  targets: string[];
  /** for the recording: what chance has decided */
  detail?: string;
  /** Makes the fault, and takes it back; resolves when the parts may recover. It throws only where it could not be made. */
  inject(): Promise<void>;
}

export interface Fault {
  kind: FaultKind;
  lane: Lane;
  /** about, s; the schedule leaves that much room */
  seconds: number;
  /** @returns undefined where this machine or this run cannot have it (now) */
  prepare(stage: Stage, random: Random): Prepared | undefined;
}
