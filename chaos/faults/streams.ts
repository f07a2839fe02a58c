import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Stage } from "../stage/stage.ts";
import type { Fault } from "./fault.ts";
import { brokenFrame } from "./frames.ts";

const CLIENTS = 300;
const STAY = 4000;
// Deleted or never spoken; the database is away.
const EXPECTED = new Set([200, 404, 503]);

export const STREAMS_STORM: Fault = {
  kind: "streams-storm",
  lane: "pressing",
  seconds: 5,
  prepare(stage, random) {
    const exporter = random.pick(stage.exporters);
    // Mostly the newest texts: they are not spoken yet, so that there is something to wait for.
    const which = Array.from({ length: CLIENTS }, () => 1 - random.fraction() ** 3);
    return {
      targets: [exporter.name],
      detail: `${CLIENTS} clients, of which a third does not read`,
      async inject() {
        const texts = stage.recentTexts();
        const clients = which.flatMap((fraction, index) => {
          const textId = texts[Math.floor(fraction * texts.length)];
          return textId === undefined ? [] : openStream(exporter.url, textId, index % 3 > 0);
        });
        await sleep(STAY);
        for (const client of clients) judge(stage, client);
      },
    };
  },
};

interface Client {
  textId: string;
  /** of the answer; undefined where none has come */
  status(): number | undefined;
  /** all that it has read */
  text(): string;
  close(): void;
}

/** @param reads whether it takes anything of what is sent to it */
function openStream(url: string, textId: string, reads: boolean): Client {
  const request = get(`${url}/api/task/stream/${textId}`, { agent: false });
  let status: number | undefined;
  let text = "";
  request.on("error", () => {});
  once(request, "response").then(
    ([response]: IncomingMessage[]) => {
      status = response?.statusCode;
      response?.on("error", () => {});
      if (!reads) return;
      response?.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
    },
    () => {},
  );
  return { textId, status: () => status, text: () => text, close: () => void request.destroy() };
}

/** An answer that does not come is excused: the exporter may be dying of something else. */
function judge({ problem }: Stage, { textId, status, text, close }: Client): void {
  close();
  const answered = status();
  if (answered === undefined) return;
  if (!EXPECTED.has(answered)) problem(`the stream of text ${textId} is answered ${answered}: ${text()}`);
  if (answered !== 200) return;
  const broken = brokenFrame(text(), textId);
  if (broken !== undefined)
    problem(`a broken frame in the stream of text ${textId}: ${JSON.stringify(broken)}`);
}
