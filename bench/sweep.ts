// How long the overdue of a catastrophe (all workers gone at once) go on: the exporter's sweep, in its small batches,
// beside one UPDATE of them all. Meanwhile other tasks come and go, and late workers try to complete some of these.
import { setTimeout as sleep } from "node:timers/promises";
import { end } from "../src/db/end-store.ts";
import { COMPLETED } from "../test/support/tasks.ts";
import { sampleOf } from "./support/counters.ts";
import { DAY, fillEnded } from "./support/fill.ts";
import { between, type Load, startLoad, startTransitions } from "./support/light-load.ts";
import { type ExporterProcess, startExporter } from "./support/process.ts";
import { atMost, number, progress, quick, report, type Target } from "./support/report.ts";
import { startDatabase } from "./support/server.ts";
import { quantile } from "./support/statistics.ts";
import { registerScriptWorker } from "./support/task-script.ts";
import { addOverdue, clearTasks, countDifferences, type Overdue, readEnded } from "./sweep/overdue.ts";
import { type Case, printRounds, type Round } from "./sweep/round.ts";
import { anyOf, readStatements, untilSwept, updateAtOnce, WAYS, type Way } from "./sweep/ways.ts";

const CASES: Case[] = quick
  ? [
      { overdue: 500, among: 0 },
      { overdue: 2000, among: 2000 },
    ]
  : [
      { overdue: 10_000, among: 0 },
      { overdue: 50_000, among: 0 },
      { overdue: 100_000, among: 0 },
      { overdue: 50_000, among: 1_000_000 },
    ];
/** The one that the promise is about. */
const PROMISED = quick ? 2000 : 50_000;
/** `--sweep.interval`, s: in the full run as delivered. */
const INTERVAL = quick ? 1 : 5;
/** Transitions a second of other tasks. */
const OTHERS = 100;
/** Late results a second of the overdue ones. */
const LATE = 20;
/** ms of the other tasks alone, before any is overdue */
const ALONE = quick ? 400 : 6000;
/** The load of other tasks has its connections after this share of it. */
const WARM = 0.2;
/** ms between the last preparation and the other tasks */
const SLACK = quick ? 300 : 1000;
/** ms to put one overdue task there, at most */
const TO_ADD = 0.08;
const LONGEST_SWEEP = 120_000;
const TIMEOUTS = 'tts_db_tasks_finished_total{outcome="timeout"}';
const SWEEPING = 'tts_monitor_job_duration_seconds_sum{job="sweep"}';

const database = await startDatabase();
try {
  report(await measureAll());
} finally {
  await database.remove();
}

async function measureAll(): Promise<Target[]> {
  const slot = await registerScriptWorker(database);
  const rounds: Round[] = [];
  for (const one of CASES) {
    await clearTasks(database.pool);
    if (one.among > 0) await fillEnded(database.pool, one.among, DAY, 80 * DAY);
    for (const way of WAYS) {
      const round = await measure(one, way);
      rounds.push(round);
      progress(`${one.overdue} among ${one.among}, ${way}: ${number(round.seconds)} s`);
    }
  }
  printRounds(rounds);
  const ours = rounds.filter(({ way }) => way === "ours");
  const promised = ours.filter(({ one }) => one.overdue === PROMISED);
  const intervals = promised.map(({ seconds }) => Math.ceil(seconds / INTERVAL));
  return [
    atMost("sweep: intervals for 50,000 overdue", Math.max(...intervals), 10),
    atMost("sweep: longest statement in seconds", Math.max(...ours.map(({ longest }) => longest)), 1),
    atMost(
      "sweep: counts that are wrong",
      rounds.reduce((sum, { wrong }) => sum + wrong, 0),
      0,
    ),
  ];

  async function measure(one: Case, way: Way): Promise<Round> {
    const { pool, url } = database;
    const interval = way === "ours" ? INTERVAL : 86_400;
    const exporter = await startExporter(url, `--sweep.interval=${interval}s`, "--no-collector.texts");
    const loads: Load[] = [];
    try {
      const overdue = await addOverdue(pool, slot, one.overdue, ALONE + SLACK + one.overdue * TO_ADD);
      const before = await sampleOf(exporter, TIMEOUTS);
      await sleep(overdue.since - ALONE - Date.now());
      const others = startTransitions(url, slot, OTHERS);
      loads.push(others);
      await sleep(overdue.since - Date.now());
      await pool.query("select pg_stat_statements_reset()");
      const late = startLate(overdue);
      loads.push(late.load);
      const sweeping = await endAll(way, exporter, one.overdue, late.completed);
      const doneAt = Date.now();
      await Promise.all(loads.map((load) => load.stop()));
      const statements = await readStatements(pool, way);
      const ended = await readEnded(pool, overdue);
      const counted = (await sampleOf(exporter, TIMEOUTS)) - before;
      const claims = [counted === ended.timeouts, ended.timeouts + ended.completed === one.overdue];
      const wrong = claims.filter((holds) => !holds).length + (await countDifferences(pool));
      const from = doneAt - sweeping * 1000;
      return {
        ...{ one, way, sweeping, wrong, ...ended, ...statements },
        seconds: (doneAt - overdue.since) / 1000,
        alone: quantile(between(others.samples, overdue.since - ALONE * (1 - WARM), overdue.since), 0.99),
        meanwhile: quantile(between(others.samples, from, doneAt), 0.99),
        blocked: Math.max(...between(late.load.samples, from, doneAt)) / 1000,
      };
    } finally {
      await Promise.allSettled(loads.map((load) => load.stop()));
      await exporter.end();
    }
  }
}

function startLate(overdue: Overdue): { load: Load; completed(): number } {
  let completed = 0;
  const load = startLoad(database.url, LATE, async (timed) => {
    const took = await timed((db) => end(db, anyOf(overdue), COMPLETED));
    if (took !== undefined) completed++;
  });
  return { load, completed: () => completed };
}

/** @returns s that were spent on ending them */
async function endAll(
  way: Way,
  exporter: ExporterProcess,
  count: number,
  completed: () => number,
): Promise<number> {
  if (way !== "ours") return updateAtOnce(database.url);
  const before = await sampleOf(exporter, SWEEPING);
  await untilSwept(exporter, count, completed, LONGEST_SWEEP);
  return (await sampleOf(exporter, SWEEPING)) - before;
}
