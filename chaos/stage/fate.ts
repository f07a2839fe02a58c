import type { FailureReason } from "../../src/domain/reason.ts";
import { createRandom } from "./random.ts";

/** What the speech provider does with a task. */
export type Fate =
  | { kind: "speaks" | "mumbles" | "hangs"; milliseconds: number }
  | { kind: "fails"; milliseconds: number; reason: FailureReason };

const QUICKEST = 50;
const SLOWEST = 1500;

/** The same for the same seed and task. */
export function fateOf(seed: number, taskId: bigint): Fate {
  const random = createRandom(seed ^ Number(BigInt.asIntN(31, taskId * 2_654_435_761n)));
  const fraction = random.fraction();
  const milliseconds = random.whole(QUICKEST, SLOWEST);
  if (fraction < 0.05) {
    const reason = random.pick(["provider_error", "provider_throttled", "provider_timeout"] as const);
    return { kind: "fails", milliseconds, reason };
  }
  if (fraction < 0.06) return { kind: "hangs", milliseconds: 0 };
  if (fraction < 0.08) return { kind: "mumbles", milliseconds };
  return { kind: "speaks", milliseconds };
}
