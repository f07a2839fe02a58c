import { z } from "zod";
import type { Ending } from "../domain/ending.ts";
import { REASONS } from "../domain/reason.ts";
import { OUTCOMES } from "../domain/task.ts";
import { parseId } from "../domain/task-status.ts";

/**
 * What the database must learn of a task that is over. `end`: as its handler ended; `expire`: at its deadline, where
 * nobody was quicker; `late`: a result came after its end.
 */
export type Finish =
  | { kind: "end"; taskId: bigint; ending: Ending }
  | { kind: "expire"; taskId: bigint }
  | { kind: "late"; taskId: bigint };

const taskId = z
  .string()
  .transform((text) => parseId(text))
  .pipe(z.bigint());
const finish = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("end"),
    taskId,
    ending: z.object({
      outcome: z.enum(OUTCOMES),
      reason: z.enum(REASONS).nullable(),
      errorMessage: z.string().nullable(),
      audio: z.object({ audioUrl: z.string(), filename: z.string(), fileSize: z.int().min(0) }).nullable(),
    }),
  }),
  z.object({ kind: z.literal("expire"), taskId }),
  z.object({ kind: z.literal("late"), taskId }),
]);

/** One line of a spool, with its end. */
export function lineOf(record: Finish): string {
  const taskId = String(record.taskId);
  const { kind } = record;
  return `${JSON.stringify(kind === "end" ? { kind, taskId, ending: plain(record.ending) } : { kind, taskId })}\n`;
}

/** A handler's audio may carry more than we know, such as what JSON cannot hold. */
function plain({ outcome, reason, errorMessage, audio }: Ending): Ending {
  const { audioUrl = "", filename = "", fileSize = 0 } = audio ?? {};
  return { outcome, reason, errorMessage, audio: audio && { audioUrl, filename, fileSize } };
}

export interface ParsedSpool {
  finishes: Finish[];
  /** numbers, from 1, of lines that are no finish */
  broken: number[];
  /** the last line breaks off, as after a crash: nobody was told that it is kept */
  torn: boolean;
}

/** Reads a spool's text; what is no finish is told, and left out. */
export function parseSpool(text: string): ParsedSpool {
  const parsed: ParsedSpool = { finishes: [], broken: [], torn: false };
  const lines = text.split("\n");
  for (const [index, line] of lines.entries()) {
    const last = index === lines.length - 1;
    if (last && line === "") continue;
    const record = parseLine(line);
    if (record) parsed.finishes.push(record);
    else if (last) parsed.torn = true;
    else parsed.broken.push(index + 1);
  }
  return parsed;
}

function parseLine(line: string): Finish | undefined {
  try {
    return finish.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
