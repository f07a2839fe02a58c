// What a scrape costs, and what it makes the database do, with ten thousand to ten million ended tasks and as many
// texts, in one growing database: ours; Debian's prometheus-sql-exporter with the post-mortem's queries; the same counts
// by the best index-only plan.
import { fillUpTo, prepare } from "./scrape/fill.ts";
import { keepBeating } from "./scrape/load.ts";
import { type Measured, measure } from "./scrape/measure.ts";
import { statementsOfScrape } from "./scrape/reads.ts";
import { tell } from "./scrape/tell.ts";
import { progress, quick, report } from "./support/report.ts";
import { startDatabase } from "./support/server.ts";

const SIZES = quick ? [1000, 10_000] : [10_000, 100_000, 1_000_000, 10_000_000];
const EFFORT = quick
  ? { scrapes: 5, warmUp: 2, pace: 230, transitionsPerSecond: 200 }
  : { scrapes: 30, warmUp: 20, pace: 1100, transitionsPerSecond: 200 };

const database = await startDatabase();
try {
  report(tell(await measureAll()));
} finally {
  await database.remove();
}

async function measureAll(): Promise<Measured[]> {
  const workers = await prepare(database.pool);
  const statements = await statementsOfScrape(database);
  const beats = keepBeating(database, workers);
  const all: Measured[] = [];
  try {
    for (const n of SIZES) {
      const begin = performance.now();
      await fillUpTo(database.pool, all.at(-1)?.n ?? 0, n);
      const filled = performance.now();
      all.push(await measure(database, { ...EFFORT, n, statements }));
      progress(`${n} tasks: filled in ${seconds(begin, filled)} s, measured in ${seconds(filled)} s`);
    }
  } finally {
    await beats.stop();
  }
  return all;
}

function seconds(begin: number, end = performance.now()): string {
  return ((end - begin) / 1000).toFixed(1);
}
