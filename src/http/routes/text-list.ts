import type pg from "pg";
import { z } from "zod";
import { type ListedText, readTextPage } from "../../db/text-list.ts";
import { idForJson, taskStatus } from "../../domain/task-status.ts";
import { cursor, encodeCursor } from "../cursor.ts";
import { idInAnswer, limit, oneOf, statuses } from "../fields.ts";
import { nextCursor, search } from "../list-fields.ts";
import { describe, type Endpoint, json } from "../operation.ts";
import { taskStatusAnswer } from "./task-status.ts";

const listedText = z.object({
  text_id: idInAnswer,
  audio: z
    .object({ audio_url: z.string().nullable(), filename: z.string().nullable(), file_size: z.int() })
    .nullable()
    .meta({ description: "the newest valid one" }),
  task: taskStatusAnswer.nullable().meta({ description: "the newest, its own or one that it follows" }),
});

const TEXTS = describe({
  id: "getTexts",
  method: "get",
  path: "/api/texts",
  summary: "Texts that are not deleted, with their audio and their newest task.",
  query: z.object({
    audio_filter: oneOf("all", "generated", "not_generated").default("all"),
    task_status: statuses.optional(),
    q: search,
    order: oneOf("desc", "asc").default("desc"),
    limit,
    cursor: cursor("id"),
  }),
  answers: { 200: z.object({ texts: z.array(listedText), next_cursor: nextCursor }) },
  errors: [503],
});

const GENERATED = { all: undefined, generated: true, not_generated: false };

/** A page of texts, by what the query asks for. */
export function textList(pool: pg.Pool): Endpoint {
  return json(TEXTS, async ({ query }) => {
    const { audio_filter: audio, task_status: taskStatuses = [], q, order, limit: longest } = query;
    const filter = { generated: GENERATED[audio], taskStatuses, order, ...q };
    const page = await readTextPage(pool, filter, longest, query.cursor?.id);
    const next = page.next === undefined ? null : encodeCursor(page.next);
    return { 200: { texts: page.rows.map(entry), next_cursor: next } };
  });
}

function entry({ id, audio, task }: ListedText): z.input<typeof listedText> {
  return {
    text_id: idForJson(id),
    audio: audio && {
      audio_url: audio.audioUrl,
      filename: audio.filename,
      file_size: Number(audio.fileSize),
    },
    task: task && taskStatus(id, task),
  };
}
