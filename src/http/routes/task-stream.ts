import { z } from "zod";
import { ANSWER_BEGUN } from "../app.ts";
import { idInPath } from "../fields.ts";
import { describe, type Endpoint, raw } from "../operation.ts";
import type { Streams } from "../stream/streams.ts";

const STREAM = describe({
  id: "streamTask",
  method: "get",
  path: "/api/task/stream/:text_id",
  summary: "The text's newest task, live; Last-Event-ID goes on after a break. 204: its end was seen.",
  params: z.object({ text_id: idInPath }),
  contentType: "text/event-stream",
  answers: {
    200: z.string().meta({
      description:
        "events whose data is the task's status with `event`: status, queued, started, completed, failed or timeout",
    }),
  },
  errors: [404, 503],
});

/** The same, live, as server-sent events. */
export function taskStream({ open }: Pick<Streams, "open">): Endpoint {
  return raw(STREAM, async ({ params: { text_id: textId }, request }, response) => {
    await open(textId, request.get("Last-Event-ID"), response);
    if (response.headersSent) response.emit(ANSWER_BEGUN);
  });
}
