import { z } from "zod";
import { LONGEST_SPAN, parseDuration } from "../domain/duration.ts";
import { parseId } from "../domain/task-status.ts";
import { WORKER_NAME, WORKER_NAME_ACCEPTS } from "../domain/worker-name.ts";
import { text } from "./fields.ts";

// What the lists' queries have in common. A parameter that is empty counts as left out.

const SINCE_RULE = `must be a duration of at most ${LONGEST_SPAN}, such as 24h or 90d`;
const LONGEST = parseDuration(LONGEST_SPAN);

/** A duration counted back from now, in ms. */
export const since = z
  .string(SINCE_RULE)
  .refine((value) => value === "" || (milliseconds(value) ?? Number.POSITIVE_INFINITY) <= LONGEST, SINCE_RULE)
  .transform((value) => milliseconds(value))
  .optional()
  .meta({ description: "a duration such as 24h, back from now" });

function milliseconds(value: string): number | undefined {
  try {
    return parseDuration(value);
  } catch {
    return undefined;
  }
}

const WORKER_RULE = `must be a worker's name: ${WORKER_NAME_ACCEPTS}`;

export const workerFilter = z
  .string(WORKER_RULE)
  .regex(new RegExp(`^$|${WORKER_NAME.source}`), WORKER_RULE)
  .transform((name) => name || undefined)
  .optional()
  .meta({ description: "a worker's name" });

/** What people type into a search box: digits name a text, anything else is a part to look for. */
export const search = text(200)
  .transform((typed): { textId?: bigint; part?: string } => {
    if (typed === "") return {};
    // No text has the id 0.
    return /^[0-9]+$/.test(typed) ? { textId: parseId(typed) ?? 0n } : { part: typed };
  })
  .optional()
  .meta({ description: "digits: the text with this id; else a part to look for, in any case" });

export const nextCursor = z
  .string()
  .nullable()
  .meta({ description: "for the next page, which may be empty before it is null; null: that was all" });
