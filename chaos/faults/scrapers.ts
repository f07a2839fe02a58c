import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { mostClients } from "../../bench/streams/clients.ts";
import type { Stage } from "../stage/stage.ts";
import type { Fault } from "./fault.ts";
import { isKept } from "./parts.ts";

const SCRAPERS = 1000;
// The queue of connections that wait to be taken holds 511; whom it turns away comes again a second later.
const AT_ONCE = 250;
const PATIENCE = 30_000;
const REQUEST = "GET /metrics HTTP/1.1\r\nHost: chaos\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n";

export const SCRAPERS_1000: Fault = {
  kind: "scrapers-1000",
  lane: "pressing",
  seconds: 3,
  prepare(stage, random) {
    // One that nobody kills meanwhile: not a single answer may be missing.
    const exporter = stage.exporters.find(isKept);
    if (!exporter || mostClients() < SCRAPERS) return undefined;
    const rounds = random.whole(1, 2);
    return {
      targets: [exporter.name],
      detail: rounds === 1 ? "once" : "twice",
      async inject() {
        for (let round = 0; round < rounds; round++)
          await scrapeAtOnce(stage, Number(new URL(exporter.url).port));
      },
    };
  },
};

/** On bare sockets, which cost this process next to nothing; all connect before the first asks. */
async function scrapeAtOnce({ problem }: Stage, port: number): Promise<void> {
  const sockets: Socket[] = [];
  try {
    while (sockets.length < SCRAPERS) {
      const some = Array.from({ length: AT_ONCE }, () => connect(port, "127.0.0.1"));
      sockets.push(...some);
      await Promise.all(some.map((socket) => once(socket, "connect")));
    }
    const answers = await Promise.all(sockets.map(askedOn));
    const wrong = answers.filter((answer) => answer !== GOOD);
    if (wrong.length > 0)
      problem(`${wrong.length} of ${SCRAPERS} scrapers at once were answered: ${wrong[0]}`);
  } catch (error) {
    problem(`1,000 scrapers could not connect: ${error}`);
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

const GOOD = "200";

/** @returns `200` where that came, and all that it announced; else what came instead */
async function askedOn(socket: Socket): Promise<string> {
  let head = "";
  let bytes = 0;
  socket.on("data", (chunk: Buffer) => {
    if (bytes === 0) head = chunk.toString("latin1");
    bytes += chunk.length;
  });
  const ended = once(socket, "end").then(() => "end", String);
  socket.write(REQUEST);
  const how = await Promise.race([ended, sleep(PATIENCE, `nothing for ${PATIENCE} ms`, { ref: false })]);
  const [, status] = /^HTTP\/1\.1 (\d+)/.exec(head) ?? [];
  const [, length] = /^content-length: (\d+)/im.exec(head) ?? [];
  if (status !== GOOD) return `${head.split("\r\n", 1)[0]} (${how})`;
  const announced = head.indexOf("\r\n\r\n") + 4 + Number(length);
  return bytes === announced ? GOOD : `${bytes} bytes of ${announced} (${how})`;
}
