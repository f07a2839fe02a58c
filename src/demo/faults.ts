import { createHash } from "node:crypto";
import type { FailureReason } from "../domain/reason.ts";

/** Which share of the tasks meets which trouble, each 0…1. What goes beyond 1 in sum never happens. */
export interface FaultShares {
  fail: number;
  slow: number;
  hang: number;
  crash: number;
}

export type Fault =
  | { kind: "none" }
  | { kind: "fail"; reason: FailureReason; message: string }
  | { kind: "slow"; milliseconds: number }
  /** never answers; a deaf one does not even heed that it is told to stop */
  | { kind: "hang"; deaf: boolean }
  /** takes the whole worker with it */
  | { kind: "crash" };

const FAILURES: readonly { reason: FailureReason; message: string }[] = [
  { reason: "provider_error", message: "the speech provider answered 502 Bad Gateway" },
  { reason: "provider_throttled", message: "the speech provider answered 429 Too Many Requests" },
  { reason: "provider_timeout", message: "the speech provider did not answer within its own timeout" },
];
const SLOWEST_MS = 12_000;
const QUICKEST_SLOW_MS = 2000;
const DEAF_SHARE = 0.25;

/** The trouble that a task meets: always the same for the same seed and task. */
export function decideFault(seed: string, taskId: bigint, shares: FaultShares): Fault {
  const [which, how] = twoFractions(`${seed}:${taskId}`);
  let edge = shares.crash;
  if (which < edge) return { kind: "crash" };
  edge += shares.hang;
  if (which < edge) return { kind: "hang", deaf: how < DEAF_SHARE };
  edge += shares.slow;
  if (which < edge) {
    return { kind: "slow", milliseconds: QUICKEST_SLOW_MS + how * (SLOWEST_MS - QUICKEST_SLOW_MS) };
  }
  edge += shares.fail;
  const failure = FAILURES[Math.floor(how * FAILURES.length)];
  if (which < edge && failure) return { kind: "fail", ...failure };
  return { kind: "none" };
}

/** Two independent numbers in [0, 1), evenly spread over all keys. */
function twoFractions(key: string): [number, number] {
  const digest = createHash("sha256").update(key).digest();
  return [digest.readUInt32BE(0) / 2 ** 32, digest.readUInt32BE(4) / 2 ** 32];
}
