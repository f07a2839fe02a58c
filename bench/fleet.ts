// A fleet of 10, 100 and 1,000 workers: what they cost one Prometheus, which finds them through the exporter's list and
// scrapes them by our own configuration and rules, and what their heartbeats cost the database. The workers are fake:
// they run no task, and live in a few processes; list, exporter, Prometheus, heartbeats and expositions are real.
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { migrate } from "../src/db/migrate.ts";
import { eventually } from "../test/support/eventually.ts";
import { get, type Prometheus, startPrometheus } from "./fleet/prometheus.ts";
import { type Cost, costOf } from "./fleet/window.ts";
import { type ExporterProcess, start, startExporter } from "./support/process.ts";
import {
  always,
  atLeast,
  atMost,
  number,
  progress,
  quick,
  report,
  type Target,
  table,
} from "./support/report.ts";
import { startDatabase } from "./support/server.ts";
import { exponent, median, quantile } from "./support/statistics.ts";

const SIZES = quick ? [10, 50] : [10, 100, 1000];
const FEWEST = 10;
const MOST = Math.max(...SIZES);
/** ms */
const WINDOW = quick ? 2000 : 30_000;
const LONGEST_START = 60_000;
const LONGEST_DISCOVERY = 60_000;
const HEARTBEAT_INTERVAL = 5000;
const REQUESTS = quick ? 10 : 60;
/** ms */
const REST = 80;
// What docs/scaling.md reckons with, the rules' and Prometheus' own series about a worker among them.
const SERIES_BUDGET = 250;
// Of a thousand workers there are a thousand rows to read and as many samples to render: more work, but no square.
const SCRAPE_BUDGET = 4;

interface Step extends Cost {
  workers: number;
  live: number;
  /** undefined where there is no Prometheus */
  seen: Seen | undefined;
  /** ms each */
  discovery: number[];
  scrapes: number[];
}

interface Seen {
  up: number;
  seriesPerWorker: number;
  /** in the exporter's exposition */
  exporterSamples: number;
  headSeries: number;
  /** MB */
  memory: number;
  /** ms */
  workerScrape: number;
  rules: number;
}

const database = await startDatabase();
const processes: { end(): Promise<void> }[] = [];
let prometheus: Prometheus | undefined;
try {
  const exporter = await exporterOf(database.url);
  const steps: Step[] = [];
  for (const [index, workers] of SIZES.entries()) {
    await startWorkers(database.url, SIZES[index - 1] ?? 0, workers);
    prometheus ??= await startPrometheus(exporter.url);
    await (prometheus ? discovered(prometheus, workers) : sleep(HEARTBEAT_INTERVAL));
    steps.push(await measure(exporter, workers));
    progress(`${workers} workers`);
  }
  const ratio = await scrapeRatio(exporter);
  print(steps);
  report(targets(steps, ratio));
} finally {
  await prometheus?.remove();
  await Promise.all(processes.map((one) => one.end()));
  await database.remove();
}

async function exporterOf(url: string): Promise<ExporterProcess> {
  const exporter = await startExporter(url);
  processes.push(exporter);
  return exporter;
}

/** Starts the workers from this number on, up to that one. */
async function startWorkers(url: string, first: number, end: number): Promise<void> {
  const args = [url, first, end - first, HEARTBEAT_INTERVAL].map(String);
  const program = fileURLToPath(new URL("./fleet/workers.ts", import.meta.url));
  const workers = start(process.execPath, ["--import", "tsx", program, ...args]);
  processes.push(workers);
  workers.done().catch((error: Error) => progress(error.message));
  await workers.says(/ready/, LONGEST_START);
}

async function discovered(server: Prometheus, workers: number): Promise<void> {
  const up = () => server.query('sum(up{job="tts-worker"})');
  const all = eventually("all workers are up", async () => (await up()) === workers, LONGEST_DISCOVERY);
  // The table tells how many.
  await all.catch((error: Error) => progress(error.message));
}

async function measure(exporter: ExporterProcess, workers: number): Promise<Step> {
  const { pool } = database;
  const cost = await costOf({ pool, exporter, prometheus }, WINDOW);
  const live = /^tts_db_workers\{state="live"\} (\d+)$/m.exec(await exporter.scrape());
  return {
    ...cost,
    workers,
    live: Number(live?.[1]),
    seen: prometheus && (await seenBy(prometheus, workers)),
    discovery: await times(() => get(`${exporter.url}/sd/workers`)),
    scrapes: await times(() => exporter.scrape()),
  };
}

async function seenBy(server: Prometheus, workers: number): Promise<Seen> {
  const rules = 'sum(prometheus_rule_group_last_duration_seconds{rule_group=~".+;tts-.+"})';
  return {
    up: await server.query('sum(up{job="tts-worker"})'),
    seriesPerWorker: (await server.query('count({worker=~".+"})')) / workers,
    exporterSamples: await server.query('scrape_samples_scraped{job="tts-exporter"}'),
    headSeries: await server.own("prometheus_tsdb_head_series"),
    memory: (await server.own("process_resident_memory_bytes")) / 1e6,
    workerScrape: 1000 * (await server.query('quantile(0.99, scrape_duration_seconds{job="tts-worker"})')),
    rules: 1000 * (await server.query(rules)),
  };
}

/** ms that each request takes, one after the other, with a rest before each: scrapes that follow at once wait for it */
async function times(request: () => Promise<unknown>, count = REQUESTS): Promise<number[]> {
  const taken: number[] = [];
  for (let done = 0; done < count; done++) {
    await sleep(REST);
    const begin = performance.now();
    await request();
    taken.push(performance.now() - begin);
  }
  return taken;
}

/** A scrape of the exporter with all workers, to one of an exporter with a few; in turns, all else being the same. */
async function scrapeRatio(many: ExporterProcess): Promise<number> {
  await database.pool.query("create database few");
  const url = new URL(database.url);
  url.pathname = "/few";
  await migrate(url.href);
  await startWorkers(url.href, 0, FEWEST);
  const few = await exporterOf(url.href);
  const [ofMany, ofFew]: [number[], number[]] = [[], []];
  // The first ones warm up.
  for (const exporter of [few, many]) await times(() => exporter.scrape());
  for (let round = 0; round < REQUESTS; round++) {
    ofMany.push(...(await times(() => many.scrape(), 1)));
    ofFew.push(...(await times(() => few.scrape(), 1)));
  }
  return median(ofMany) / median(ofFew);
}

function print(steps: readonly Step[]): void {
  if (!prometheus) console.log("\nPrometheus is not installed: left out what it would say.");
  const row = (what: string, of: (step: Step) => number | undefined): string[][] => {
    const values = steps.map((step) => of(step) ?? Number.NaN);
    if (values.every(Number.isNaN)) return [];
    const growth = exponent(steps.map(({ workers }, index) => [workers, values[index] ?? Number.NaN]));
    return [[what, ...values.map(number), Number.isNaN(growth) ? "" : growth.toFixed(2)]];
  };
  table(
    ["workers", ...steps.map(({ workers }) => String(workers)), "grows as n to the power of"],
    [
      ...row("live in the database", ({ live }) => live),
      ...row("up in Prometheus", ({ seen }) => seen?.up),
      ...row("series of a worker", ({ seen }) => seen?.seriesPerWorker),
      ...row("series in the head", ({ seen }) => seen?.headSeries),
      ...row("samples of the exporter", ({ seen }) => seen?.exporterSamples),
      ...row("Prometheus' memory, MB", ({ seen }) => seen?.memory),
      ...row("Prometheus' CPU, cores", ({ prometheusCpu }) => prometheusCpu),
      ...row("all rules once, ms", ({ seen }) => seen?.rules),
      ...row("scrape of a worker, p99, ms", ({ seen }) => seen?.workerScrape),
      ...row("/sd/workers, p50, ms", ({ discovery }) => median(discovery)),
      ...row("/sd/workers, p99, ms", ({ discovery }) => quantile(discovery, 0.99)),
      ...row("scrape of the exporter, p50, ms", ({ scrapes }) => median(scrapes)),
      ...row("scrape of the exporter, p99, ms", ({ scrapes }) => quantile(scrapes, 0.99)),
      ...row("exporter's CPU, cores", ({ exporterCpu }) => exporterCpu),
      ...row("heartbeats, 1/s", ({ heartbeats }) => heartbeats),
      ...row("a heartbeat in the database, ms", ({ heartbeatMs }) => heartbeatMs),
      ...row("WAL of a heartbeat, bytes", ({ heartbeatWal }) => heartbeatWal),
      ...row("all heartbeats, cores", ({ heartbeatCpu }) => heartbeatCpu),
    ],
  );
}

function targets(steps: readonly Step[], scrape: number): Target[] {
  const last = steps.at(-1);
  const title = `fleet: exporter's scrape with ${MOST} workers / with ${FEWEST}`;
  return [
    ...(last?.seen
      ? [
          always(atMost("fleet: series per worker", last.seen.seriesPerWorker, SERIES_BUDGET)),
          always(atLeast(`fleet: targets up of ${MOST}`, last.seen.up / MOST, 1)),
        ]
      : []),
    always(atLeast(`fleet: live of ${MOST}`, (last?.live ?? 0) / MOST, 1)),
    atMost(title, scrape, SCRAPE_BUDGET),
  ];
}
