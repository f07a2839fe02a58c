import { z } from "zod";

const RULE = "must be a next_cursor that this list has given";
const BYTES = 8;
// What PostgreSQL's times and intervals hold exactly.
const LARGEST = 2n ** 53n;

/** Whole numbers as an opaque text. */
export function encodeCursor(...numbers: bigint[]): string {
  const bytes = Buffer.alloc(numbers.length * BYTES);
  for (const [index, number] of numbers.entries()) bytes.writeBigInt64BE(number, index * BYTES);
  return bytes.toString("base64url");
}

/** The position after which a page begins: nothing for the first one, else an id, after a time where there is one. */
export function cursor(kind: "id" | "time and id") {
  return z
    .string(RULE)
    .refine((text) => text === "" || decode(text, kind) !== undefined, RULE)
    .transform((text) => decode(text, kind))
    .optional()
    .meta({ description: "next_cursor of the page before; none: the first page" });
}

function decode(text: string, kind: "id" | "time and id"): { micros: bigint; id: bigint } | undefined {
  const bytes = Buffer.from(text, "base64url");
  const expected = kind === "id" ? BYTES : 2 * BYTES;
  // Buffer skips what is no base64url.
  if (bytes.length !== expected || bytes.toString("base64url") !== text) return undefined;
  const id = bytes.readBigInt64BE(expected - BYTES);
  const micros = kind === "id" ? 0n : bytes.readBigInt64BE(0);
  return id >= 0n && micros > -LARGEST && micros < LARGEST ? { micros, id } : undefined;
}
