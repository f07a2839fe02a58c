// What it costs to remove half of a large table's tasks, those past their retention: `tts-monitor prune` beside one
// DELETE of them all, each on a copy of the same database. Meanwhile other tasks come and go, and an exporter is
// scraped every second.
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { migrate } from "../src/db/migrate.ts";
import { urlOf } from "../test/support/database-urls.ts";
import { countWrong, printRounds, type Round } from "./prune/round.ts";
import { longestStatement, prune, WAYS, type Way, walPosition } from "./prune/ways.ts";
import { watchCounters } from "./support/counters.ts";
import { DAY, fillEnded } from "./support/fill.ts";
import { between, startTransitions } from "./support/light-load.ts";
import { startExporter } from "./support/process.ts";
import { atMost, number, progress, quick, report, type Target } from "./support/report.ts";
import { startDatabase } from "./support/server.ts";
import { quantile } from "./support/statistics.ts";
import { registerScriptWorker } from "./support/task-script.ts";

/** Half of them are past the retention. */
const TASKS = quick ? 10_000 : 2_000_000;
/** days */
const RETENTION = 90;
/** Transitions a second of other tasks. */
const OTHERS = 100;
/** ms of the other tasks alone; in the first part of it they get their connections */
const ALONE = quick ? 500 : 6000;
const WARM = quick ? 100 : 1000;
const SCRAPE_INTERVAL = quick ? 100 : 1000;
/** The exporter prunes nothing of it. */
const FOREVER = "--retention.tasks=36500d";
const TEMPLATE = "bench_filled";

const database = await startDatabase();
try {
  report(await measureAll());
} finally {
  await database.remove();
}

async function measureAll(): Promise<Target[]> {
  await makeTemplate();
  const rounds: Round[] = [];
  for (const way of WAYS) {
    const round = await measure(way);
    rounds.push(round);
    progress(`${way}: ${number(round.seconds)} s`);
  }
  printRounds(rounds, TASKS);
  const [ours] = rounds;
  if (!ours) throw new Error("nothing was measured");
  return [
    atMost("prune: longest statement in seconds", ours.longest, 1),
    atMost("prune: counters that fell", ours.fallen, 0),
    atMost("prune: counts that are wrong", ours.wrong, 0),
  ];
}

/** Fills a database of its own, which is then copied file by file. */
async function makeTemplate(): Promise<void> {
  await database.pool.query(`create database ${TEMPLATE}`);
  const url = urlOf(database.url, TEMPLATE);
  await migrate(url);
  const pool = new pg.Pool({ connectionString: url });
  try {
    await fillEnded(pool, TASKS, DAY, (2 * RETENTION - 1) * DAY);
  } finally {
    await pool.end();
  }
  progress(`${TASKS} tasks are there`);
}

async function measure(way: Way): Promise<Round> {
  const name = way === "one DELETE" ? "bench_peer" : "bench_ours";
  await database.pool.query(`create database ${name} template ${TEMPLATE} strategy file_copy`);
  const url = urlOf(database.url, name);
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  pool.on("error", () => {});
  try {
    return await measureOn(pool, url, way);
  } finally {
    await pool.end();
    // Or autovacuum would work on it while the other way is measured.
    await database.pool.query(`drop database ${name} with (force)`);
  }
}

async function measureOn(pool: pg.Pool, url: string, way: Way): Promise<Round> {
  const slot = await registerScriptWorker({ ...database, pool });
  await readAll(pool);
  const exporter = await startExporter(url, FOREVER, "--no-collector.texts");
  const others = startTransitions(url, slot, OTHERS);
  const counters = watchCounters(exporter, SCRAPE_INTERVAL);
  try {
    await sleep(ALONE);
    await database.pool.query("select pg_stat_statements_reset()");
    const [from, wal] = [Date.now(), await walPosition(pool)];
    const pruned = await prune(way, url, RETENTION);
    const [to, walBytes] = [Date.now(), (await walPosition(pool)) - wal];
    await others.stop();
    const { scrapes, fallen, samples } = await counters.stop();
    const took = between(others.samples, from, to);
    return {
      ...{ way, ...pruned, walBytes, scrapes, fallen: fallen.size },
      longest: await longestStatement(database.pool),
      alone: quantile(between(others.samples, from - ALONE + WARM, from), 0.99),
      meanwhile: quantile(took, 0.99),
      worst: Math.max(...took),
      wrong: await countWrong(pool, samples, pruned.removed, RETENTION),
    };
  } finally {
    await Promise.allSettled([others.stop(), counters.stop()]);
    await exporter.end();
  }
}

/** Both ways find the same in memory: what fits. */
async function readAll(pool: pg.Pool): Promise<void> {
  await pool.query("create extension if not exists pg_prewarm");
  await pool.query(
    `select pg_prewarm(oid) from pg_class where relnamespace = 'tts_monitor'::regnamespace and relkind in ('r', 'i')
     order by relname <> 'tasks', relname`,
  );
  await pool.query("checkpoint");
}
