// The exporter under 1, 100 and 1,000 scrapers at once, in turns with naive exporters on the same data (A/B/A): each a
// process of its own, with two connections for its scrapes.
import { fileURLToPath } from "node:url";
import { tasksCollector } from "../src/collectors/tasks.ts";
import { fill } from "./scrapers/data.ts";
import { scrapeAtOnce } from "./scrapers/load.ts";
import { type Exporter, measure, type Run } from "./scrapers/measure.ts";
import { QUESTIONS, type Question } from "./scrapers/questions.ts";
import { type BenchProcess, start, startExporter } from "./support/process.ts";
import { atLeast, atMost, number, progress, quick, report, type Target, table } from "./support/report.ts";
import { startDatabase } from "./support/server.ts";
import { statementOf } from "./support/statements.ts";
import { mean } from "./support/statistics.ts";

const TASKS = quick ? 2_000 : 100_000;
const SECONDS = quick ? 1 : 8;
const WARM_UP = { scrapers: 100, seconds: quick ? 0.5 : 3 };
const FEW_SCRAPERS = quick ? [1] : [1, 100];
const MOST_SCRAPERS = 1000;

// Prometheus' own requests; the naive exporters cannot compress, so that the turns are without.
const PROMETHEUS = {
  accept: "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
  "accept-encoding": "gzip",
  "x-prometheus-scrape-timeout-seconds": "10",
};

const PEERS: readonly Question[] = ["count", "ledger"];

const database = await startDatabase();
const processes: BenchProcess[] = [];
try {
  await fill(database.pool, TASKS);
  report(await measureAll());
} finally {
  for (const each of processes) await each.end();
  await database.remove();
}

async function measureAll(): Promise<Target[]> {
  const ours = await startOurs();
  const peers = { count: await startNaive("count"), ledger: await startNaive("ledger") };
  for (const { url } of [ours, peers.count, peers.ledger]) {
    await scrapeAtOnce(url, WARM_UP.scrapers, WARM_UP.seconds);
  }
  const rows: string[][] = [];
  const ratioRows: string[][] = [];
  for (const scrapers of FEW_SCRAPERS) await inTurns(scrapers);
  const { mine, ratios } = await inTurns(MOST_SCRAPERS);
  const gzipped = await take({ ...ours, name: "tts-monitor, gzip", headers: PROMETHEUS }, MOST_SCRAPERS);
  table(
    ["scrapers", "exporter", "requests/s", "p50, ms", "p99, ms", "not well", "reads/s", "memory, MB"],
    rows,
  );
  console.log(
    "A read begins at least 60 ms after the one before: a single scraper that asks again at once waits for it.",
  );
  table(["scrapers", ...PEERS.map((peer) => `requests/s to those of "${peers[peer].name}"`)], ratioRows);
  return [
    atLeast("scrapers: 1,000 at once, requests/s / naive handler that counts", ratios.count, 15),
    atMost("scrapers: database reads/s at 1,000", mine.reads, 20),
    atMost("scrapers: 1,000 at once, scrapes not answered well", notWell(mine) + notWell(gzipped), 0),
  ];

  async function inTurns(scrapers: number) {
    const before = { count: await take(peers.count, scrapers), ledger: await take(peers.ledger, scrapers) };
    const mine = await take(ours, scrapers);
    const after = { ledger: await take(peers.ledger, scrapers), count: await take(peers.count, scrapers) };
    const ratio = (peer: Question) => mine.rate / mean([before[peer].rate, after[peer].rate]);
    const ratios = { count: ratio("count"), ledger: ratio("ledger") };
    ratioRows.push([`${scrapers}`, ...PEERS.map((peer) => number(ratios[peer]))]);
    return { mine, ratios };
  }

  async function take(exporter: Exporter, scrapers: number): Promise<Run> {
    const run = await measure(database.pool, exporter, scrapers, SECONDS);
    const { rate, p50, p99, reads, memory } = run;
    rows.push([
      `${scrapers}`,
      exporter.name,
      ...[rate, p50, p99, notWell(run), reads, memory].map((value) => number(value)),
    ]);
    progress(`${scrapers} scrapers of ${exporter.name}: ${number(rate)} requests/s`);
    return run;
  }
}

/** Scrapes that got no good answer, or one without the database. */
function notWell({ refused, errors, down }: Run): number {
  return refused + errors + down;
}

async function startOurs(): Promise<Exporter> {
  const exporter = await startExporter(database.url);
  processes.push(exporter);
  const { text: sql } = await statementOf((db) => tasksCollector.read(db));
  return { name: "tts-monitor", url: exporter.url, sql };
}

async function startNaive(question: Question): Promise<Exporter> {
  const program = fileURLToPath(new URL("./scrapers/naive.ts", import.meta.url));
  const naive = start(process.execPath, ["--import", "tsx", program, database.url, question]);
  processes.push(naive);
  const [, port] = await naive.says(/"port":(\d+)/);
  const { name, sql } = QUESTIONS[question];
  return { name, url: `http://127.0.0.1:${port}`, sql };
}
