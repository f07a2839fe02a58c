import { number, progress, quick, table } from "../support/report.ts";
import type { BenchDatabase } from "../support/server.ts";
import { mean, median } from "../support/statistics.ts";
import { PLAIN_TABLE } from "./bare.ts";
import type { Cost } from "./worker.ts";
import { startWorker, type WorkerProcess } from "./worker-process.ts";

const SECONDS = quick ? 0.5 : 3;
const ROUNDS = quick ? 1 : 4;
const CONCURRENCIES = [1, 8, 32];
const FIRST_TEXT = 2_000_000_000;

/**
 * Tasks a second of one worker whose handler takes no time, in turns with a bare pool of as many connections (A/B/A),
 * which sends three statements a task too. Durable commits. Nothing else runs.
 */
export async function measureSpeed(database: BenchDatabase, workersUrl: string): Promise<void> {
  await database.pool.query(`${PLAIN_TABLE}; grant all on plain_tasks to public`);
  const options = { databaseUrl: workersUrl, worker: "fast", concurrency: Math.max(...CONCURRENCIES) };
  const bare = await startWorker({ writer: "bare", options, firstText: FIRST_TEXT });
  try {
    const library = await startWorker({ writer: "library", options, firstText: FIRST_TEXT });
    try {
      await compareAll(bare, library);
    } finally {
      await library.close();
    }
  } finally {
    await bare.close();
  }
}

async function compareAll(bare: WorkerProcess, library: WorkerProcess): Promise<void> {
  const speeds: string[][] = [];
  const costs: string[][] = [];
  for (const worker of [bare, library]) await runFor(worker, 8);
  for (const concurrency of CONCURRENCIES) {
    const theirs = [await runFor(bare, concurrency)];
    const ours: Cost[] = [];
    const ratios: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const own = await runFor(library, concurrency);
      theirs.push(await runFor(bare, concurrency));
      ours.push(own);
      ratios.push(speed(own) / mean(theirs.slice(-2).map(speed)));
    }
    const spread = `${number(Math.min(...ratios))} to ${number(Math.max(...ratios))}`;
    speeds.push([
      String(concurrency),
      ...[theirs, ours].map((all) => middle(all, speed)),
      number(median(ratios)),
      spread,
      ...[theirs, ours].map((all) => middle(all, (cost) => (1000 * concurrency) / speed(cost))),
    ]);
    costs.push([
      String(concurrency),
      ...[theirs, ours].map((all) => middle(all, ({ cpuMicros, tasks }) => cpuMicros / tasks)),
      ...[theirs, ours].map((all) => middle(all, ({ delayP99 }) => delayP99)),
      ...[theirs, ours].map((all) => number(Math.max(...all.map(({ delayMax }) => delayMax)))),
    ]);
    progress(`${concurrency} at once: ${number(median(ratios))} of a bare pool's speed`);
  }
  const wall = ["bare, ms per task", "library"];
  table(["at once", "bare, tasks/s", "library", "ratio", "range", ...wall], speeds);
  const delay = ["event loop late, p99, ms: bare", "library", "at most, ms: bare", "library"];
  table(["at once", "CPU µs per task: bare", "library", ...delay], costs);
}

function runFor(worker: WorkerProcess, concurrency: number): Promise<Cost> {
  return worker.does({ kind: "run", concurrency, seconds: SECONDS });
}

function speed({ tasks, seconds }: Cost): number {
  return tasks / seconds;
}

function middle(all: readonly Cost[], of: (cost: Cost) => number): string {
  return number(median(all.map(of)));
}
