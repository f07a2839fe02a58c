import { setTimeout as sleep } from "node:timers/promises";
import { parseSamples } from "../../src/demo/totals.ts";
import { eventually } from "../../test/support/eventually.ts";
import { until } from "../support/pace.ts";
import { type ExporterProcess, startExporter } from "../support/process.ts";
import type { BenchDatabase } from "../support/server.ts";
import { checkTotals } from "./books.ts";
import { countByClient, withCoveringIndexes } from "./counts.ts";
import { underLoad } from "./load.ts";
import { readReads, resetReads, type StatementReads } from "./reads.ts";
import { isSqlExporterThere, type SqlExporter, withSqlExporter } from "./sql-exporter.ts";

export interface Effort {
  /** tasks that have ended */
  n: number;
  scrapes: number;
  /** scrapes before, which are not measured */
  warmUp: number;
  /** ms from one scrape under load to the next; no whole seconds, so that each meets the fold at another point */
  pace: number;
  transitionsPerSecond: number;
  /** ids of a scrape's statements */
  statements: readonly string[];
}

/** ms each */
export interface Times {
  idle: number[];
  loaded: number[];
  /** of ours, in turns with the next one */
  besidePostMortem: number[];
  postMortem: number[];
  /** of ours, in turns with the next one */
  besideIndexOnly: number[];
  indexOnly: number[];
}

export interface Measured {
  n: number;
  times: Times;
  /** how many there were, a second */
  transitions: number;
  reads: StatementReads[];
  scrapes: number;
  /** transitions a second that were asked for */
  rate: number;
}

const AUDIT_PATIENCE = 300_000;
const PEER_WARM_UP = 2;
// ms before each of our scrapes: reads keep a pace, and a scrape that came sooner would wait for its turn.
const REST = 100;

/** With an exporter of its own, so that at no size has it run for longer than at another. */
export async function measure(database: BenchDatabase, effort: Effort): Promise<Measured> {
  const times: Times = {
    idle: [],
    loaded: [],
    besidePostMortem: [],
    postMortem: [],
    besideIndexOnly: [],
    indexOnly: [],
  };
  const exporter = await startExporter(database.url);
  try {
    await untilAudited(exporter);
    const ours = timing(exporter.scrape);
    await repeated(effort.warmUp, ours);
    await repeated(effort.scrapes, async () => times.idle.push(await ours()));
    const under = await underLoad(database, effort.transitionsPerSecond, () =>
      measureLoaded(database, exporter, effort, times),
    );
    await checkTotals(database.pool, exporter.scrape);
    return { n: effort.n, times, scrapes: effort.scrapes, rate: effort.transitionsPerSecond, ...under };
  } finally {
    await exporter.end();
  }
}

async function measureLoaded(
  database: BenchDatabase,
  exporter: ExporterProcess,
  effort: Effort,
  times: Times,
): Promise<Pick<Measured, "transitions" | "reads">> {
  const ours = timing(exporter.scrape);
  await paced(effort.warmUp, effort.pace / 5, ours);
  const begin = performance.now();
  const before = transitionsOf(await exporter.scrape());
  await resetReads(database);
  await paced(effort.scrapes, effort.pace, async () => times.loaded.push(await ours()));
  const reads = await readReads(database, effort.statements, effort.scrapes);
  const transitions = transitionsOf(await exporter.scrape()) - before;
  const seconds = (performance.now() - begin) / 1000;

  const inTurns = (mine: number[], theirs: number[]) => async (count: () => Promise<number>) => {
    await repeated(PEER_WARM_UP, count);
    await repeated(effort.scrapes, async () => {
      mine.push(await ours());
      theirs.push(await count());
    });
  };
  const besidePostMortem = inTurns(times.besidePostMortem, times.postMortem);
  if (isSqlExporterThere()) {
    await withSqlExporter(database, (peer: SqlExporter) => besidePostMortem(peer.count));
  } else {
    await countByClient(database.url, besidePostMortem);
  }
  await withCoveringIndexes(database.url, inTurns(times.besideIndexOnly, times.indexOnly));
  return { transitions: transitions / seconds, reads };
}

/** An exporter's first audit reads every row, and the next one is an hour away. */
async function untilAudited({ scrape }: ExporterProcess): Promise<void> {
  const runs = 'tts_monitor_job_runs_total{job="audit",result="ok"}';
  await eventually(
    "the audit has run",
    async () => (parseSamples(await scrape()).get(runs) ?? 0) > 0,
    AUDIT_PATIENCE,
  );
}

function transitionsOf(body: string): number {
  const names = [
    "tts_db_tasks_created_total",
    "tts_db_tasks_started_total",
    'tts_db_tasks_finished_total{outcome="completed"}',
  ];
  const samples = parseSamples(body);
  return names.reduce((sum, name) => sum + (samples.get(name) ?? Number.NaN), 0);
}

/** @returns tells how long the work takes, ms, after a rest */
function timing(work: () => Promise<unknown>): () => Promise<number> {
  return async () => {
    await sleep(REST);
    const begin = performance.now();
    await work();
    return performance.now() - begin;
  };
}

async function repeated(times: number, work: () => Promise<unknown>): Promise<void> {
  for (let time = 0; time < times; time++) await work();
}

async function paced(times: number, pace: number, work: () => Promise<unknown>): Promise<void> {
  const begin = performance.now();
  for (let time = 0; time < times; time++) {
    await until(begin, time * pace);
    await work();
  }
}
