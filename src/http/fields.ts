import { z } from "zod";
import { STATUSES, type Status } from "../domain/task.ts";
import { parseId } from "../domain/task-status.ts";

// The fields that requests and answers share. A message completes "<field> …".

const ID_RULE = "must be a decimal integer in 1…2^63−1";

/** An id in a path or a query: decimal digits. */
export const idInPath = z
  .string(ID_RULE)
  .refine((text) => parseId(text) !== undefined, ID_RULE)
  .transform((text) => parseId(text) ?? 0n)
  .meta({ description: "a decimal integer in 1…2^63−1" });

/** An id in a body: a number where a double holds it exactly, else a string. */
export const idInBody = z
  .union([z.int().positive(), z.string()], `${ID_RULE}, as a string above 2^53−1`)
  .refine((id) => parseId(String(id)) !== undefined, ID_RULE)
  .transform((id) => parseId(String(id)) ?? 0n)
  .meta({ description: "an integer in 1…2^63−1, as a string above 2^53−1" });

/** An id in an answer. */
export const idInAnswer = z
  .union([z.int(), z.string()])
  .meta({ description: "a number up to 2^53−1, above it a string" });

/** A task's id in an answer: always a string. */
export const taskId = z.string().meta({ description: "a decimal integer in 1…2^63−1" });

/** Text that PostgreSQL and JSON both carry unchanged. @param longest in code points */
export function text(longest: number) {
  const rule = `must be a text of at most ${longest} characters, without NUL and unpaired surrogates`;
  return z.string(rule).refine((value) => isStorable(value) && codePoints(value) <= longest, rule);
}

/** Text of any length, of which the beginning is kept. */
export const longText = z
  .string("must be a text")
  .refine(isStorable, "must be without NUL and unpaired surrogates");

function isStorable(value: string): boolean {
  return !value.includes("\0") && value.isWellFormed();
}

function codePoints(value: string): number {
  let count = 0;
  for (const _ of value) count++;
  return count;
}

const NUMBER_RULE = (min: number, max: number) => `must be a whole number from ${min} to ${max}`;

/** How many entries a page holds at most. */
export const limit = z
  .string(NUMBER_RULE(1, 500))
  .regex(/^\d{1,3}$/, NUMBER_RULE(1, 500))
  .transform(Number)
  .pipe(z.int(NUMBER_RULE(1, 500)).min(1, NUMBER_RULE(1, 500)).max(500, NUMBER_RULE(1, 500)))
  .default(50);

/** One word of a closed list. */
export function oneOf<const Word extends string>(...words: Word[]) {
  return z.enum(words, `must be ${words.join(" or ")}`);
}

const STATUS_RULE = `must be some of ${STATUSES.join(", ")}, separated by commas`;

/** `failed,timeout`; the empty text stands for all, like the parameter left out. */
export const statuses = z
  .string(STATUS_RULE)
  .refine((value) => value === "" || value.split(",").every(isStatus), STATUS_RULE)
  .transform((value) => [...new Set(value.split(",").filter(isStatus))])
  .meta({ description: "statuses separated by commas; none: all" });

export const status = z.enum(STATUSES);

function isStatus(word: string): word is Status {
  return (STATUSES as readonly string[]).includes(word);
}

/** An answer that tells what is wrong. */
export const errorAnswer = z.object({ error: z.string() });

/** Seconds since the epoch. */
export const time = z.number().meta({ description: "seconds since the epoch" });
