import { z } from "zod";
import { describe, type Endpoint, raw } from "../operation.ts";

const TEXT = { contentType: "text/plain; charset=utf-8", answers: { 200: z.string() } };

const HEALTHY = describe({
  ...TEXT,
  id: "getHealth",
  method: "get",
  path: "/-/healthy",
  summary: "The process answers.",
});

const READY = describe({
  ...TEXT,
  id: "getReadiness",
  method: "get",
  path: "/-/ready",
  summary: "Whether it can do its work; a 503 names what is missing.",
  answers: { 200: z.string(), 503: z.string() },
});

export const healthy: Endpoint = raw(HEALTHY, (_input, response) => {
  response.type("text/plain").send("Healthy.\n");
});

/** @param problem resolves to undefined when ready */
export function ready(problem: () => Promise<string | undefined>): Endpoint {
  return raw(READY, async (_input, response) => {
    const missing = await problem();
    response.status(missing === undefined ? 200 : 503).type("text/plain");
    response.send(missing === undefined ? "Ready.\n" : `Not ready: ${missing}.\n`);
  });
}
