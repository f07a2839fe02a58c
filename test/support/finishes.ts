import fc from "fast-check";
import type { Finish } from "../../src/worker/finish-record.ts";

/** The smallest one: a late result of that task. */
export const late = (taskId: bigint): Finish => ({ kind: "late", taskId });

/** As many, of tasks numbered from the first on. */
export const numbered = (count: number, first = 1) =>
  Array.from({ length: count }, (_, i) => late(BigInt(first + i)));

const text = fc.string({ unit: "grapheme", maxLength: 20 });
const taskId = fc.bigInt({ min: 1n, max: 2n ** 63n - 1n });

/** Any finish, with any texts. */
export const anyFinish: fc.Arbitrary<Finish> = fc.oneof(
  taskId.map(late),
  taskId.map((id): Finish => ({ kind: "expire", taskId: id })),
  fc.record({
    kind: fc.constant("end" as const),
    taskId,
    ending: fc.oneof(
      fc.record({
        outcome: fc.constant("completed" as const),
        reason: fc.constant(null),
        errorMessage: fc.constant(null),
        audio: fc.record({ audioUrl: text, filename: text, fileSize: fc.maxSafeNat() }),
      }),
      fc.record({
        outcome: fc.constant("failed" as const),
        reason: fc.constant("provider_error" as const),
        errorMessage: text,
        audio: fc.constant(null),
      }),
    ),
  }),
);
