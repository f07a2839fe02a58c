import { always, atMost, number, progress, quick, type Target, table } from "../support/report.ts";
import type { BenchDatabase } from "../support/server.ts";
import { brief, callsOf, type SentStatement, sentDuring } from "./sent-statements.ts";
import type { Cost } from "./worker.ts";
import { startWorker } from "./worker-process.ts";

// A timeout of six intervals, as by default.
const INTERVAL = 200;
const TIMEOUT = 6 * INTERVAL;
const BEATS = quick ? 10 : 60;
const FEW = 1;
const MANY = 1000;
const FIRST_TEXT = 3_000_000_000;
const HEARTBEAT = /^\s*insert into tts_monitor\.workers/;

interface Held {
  tasks: number;
  /** how often the timer may have fired */
  beats: number;
  sent: SentStatement[];
  waiting: Cost;
  letGo: Cost;
}

/** What a worker sends while its tasks do nothing but last, and what it costs that they all end at once. */
export async function measureHeartbeats(database: BenchDatabase, workersUrl: string): Promise<Target[]> {
  const worker = await startWorker({
    writer: "library",
    options: {
      databaseUrl: workersUrl,
      worker: "holding",
      concurrency: MANY,
      heartbeatInterval: INTERVAL,
      heartbeatTimeout: TIMEOUT,
    },
    firstText: FIRST_TEXT,
  });
  try {
    const few = await holding(FEW);
    const many = await holding(MANY);
    print([few, many]);
    const target = ({ tasks }: Held) =>
      `library: heartbeat statements per interval, ${tasks.toLocaleString("en")} ${tasks === 1 ? "task" : "tasks"} in flight`;
    return [few, many].map((held) => always(atMost(target(held), heartbeats(held) / held.beats, 1)));
  } finally {
    await worker.close();
  }

  async function holding(tasks: number): Promise<Held> {
    await worker.does({ kind: "hold", tasks });
    // What the crowd of starts has kept waiting is over.
    await worker.does({ kind: "wait", seconds: TIMEOUT / 1000 });
    let waiting: Cost | undefined;
    const begin = performance.now();
    const sent = await sentDuring(database.pool, async () => {
      waiting = await worker.does({ kind: "wait", seconds: (BEATS * INTERVAL) / 1000 });
    });
    const beats = Math.floor((performance.now() - begin) / INTERVAL) + 1;
    const letGo = await worker.does({ kind: "let go" });
    if (!waiting) throw new Error("nothing was measured");
    const held = { tasks, beats, sent, waiting, letGo };
    // Else it would be no merit that there are few of them.
    if (heartbeats(held) < beats / 4) throw new Error(`of ${beats} heartbeats ${heartbeats(held)} were sent`);
    progress(`${tasks} in flight: ${heartbeats(held)} heartbeats in ${beats} intervals`);
    return held;
  }
}

function heartbeats({ sent }: Held): number {
  return callsOf(sent.filter(({ text }) => HEARTBEAT.test(text)));
}

function print(all: readonly Held[]): void {
  const head = all.map(({ tasks }) => `${tasks.toLocaleString("en")} in flight`);
  const texts = [...new Set(all.flatMap(({ sent }) => sent.map(({ text }) => text)))];
  const found = ({ sent }: Held, text: string) => sent.find((each) => each.text === text);
  table(
    ["statements per interval", ...head, ...head.map((each) => `ms each, ${each}`)],
    texts.map((text) => [
      `\`${brief(text)}\``,
      ...all.map((held) => number((found(held, text)?.calls ?? 0) / held.beats)),
      ...all.map((held) => {
        const statement = found(held, text);
        return statement ? number(statement.time / statement.calls) : "";
      }),
    ]),
  );
  const perSecond = ({ cpuMicros, seconds }: Cost) => number(cpuMicros / 1000 / seconds);
  const row = (name: string, of: (held: Held) => string | number) => [name, ...all.map(of)];
  table(
    ["", ...head],
    [
      row("CPU, ms a second", ({ waiting }) => perSecond(waiting)),
      row("event loop late, p99, ms", ({ waiting }) => number(waiting.delayP99)),
      row("… at most", ({ waiting }) => number(waiting.delayMax)),
      row("all end at once: s until they have", ({ letGo }) => number(letGo.seconds)),
      row("… event loop late, p99, ms", ({ letGo }) => number(letGo.delayP99)),
      row("… at most", ({ letGo }) => number(letGo.delayMax)),
      row("heartbeats that failed", ({ letGo }) => letGo.heartbeatFailures),
      row("results that were written again", ({ letGo }) => letGo.replayed),
    ],
  );
}
