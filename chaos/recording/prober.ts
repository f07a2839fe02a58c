import { get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { OwnPart } from "../stage/part.ts";
import { createLagMeter, type LagMeter } from "./lag.ts";
import type { Recorder } from "./recorder.ts";

/** ms from one scrape's begin to the next one's */
const PACE = 400;
const PATIENCE = 15_000;

/** Scrapes each part at its pace, and records every scrape, answered or not. */
export function startProber(recorder: Recorder, parts: readonly OwnPart[]): { stop(): Promise<void> } {
  const lag = createLagMeter();
  const stopping = new AbortController();
  const probing = parts.map(async (part) => {
    while (!stopping.signal.aborted) {
      const next = sleep(PACE);
      await probe(recorder, lag, part);
      await next;
    }
  });
  return {
    async stop() {
      stopping.abort();
      await Promise.all(probing);
      lag.stop();
    },
  };
}

async function probe(recorder: Recorder, lag: LagMeter, part: OwnPart): Promise<void> {
  const { name, life, url } = part;
  const [begin, since] = [recorder.now(), performance.now()];
  const answer = await ask(`${url}/metrics`);
  const [end, until] = [recorder.now(), performance.now()];
  recorder.write({
    type: "scrape",
    part: name,
    life,
    begin,
    end,
    lag: lag.between(since, until),
    ...answer,
  });
}

interface Answer {
  status: number;
  contentType: string;
  body: string;
  error?: string;
}

/** On a connection of its own: one that a process has left behind would tell of the process before. */
function ask(url: string): Promise<Answer> {
  return new Promise((resolve) => {
    const fail = (error: Error) => resolve({ status: 0, contentType: "", body: "", error: error.message });
    const request = get(url, { agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        body += chunk;
      });
      response.on("error", fail);
      response.on("end", () => {
        const { statusCode: status = 0, headers } = response;
        resolve({ status, contentType: headers["content-type"] ?? "", body });
      });
    });
    request.setTimeout(PATIENCE, () => request.destroy(new Error(`no answer in ${PATIENCE} ms`)));
    request.on("error", fail);
  });
}
