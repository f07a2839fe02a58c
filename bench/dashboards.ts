// What loading each dashboard costs a Prometheus and a PostgreSQL, as those of a demo that has run for an hour:
// `npx tsx bench/dashboards.ts <Prometheus' URL> <database's URL> [loads]`.
import pg from "pg";
import { BOARDS } from "../test/support/dashboards/read.ts";
import { type Answer, askPage, openPage } from "../test/support/dashboards/run.ts";
import { askPrometheus, type Sources } from "../test/support/dashboards/run-query.ts";
import { last } from "../test/support/dashboards/run-range.ts";

const RANGES = ["1h", "6h"];
const SCRAPE_INTERVAL = 15_000;
const TRIVIAL_QUERIES = 50;

const [prometheusUrl, databaseUrl, loads = "5"] = process.argv.slice(2);
if (!prometheusUrl || !databaseUrl) throw new Error("two URLs: of Prometheus, of the database");
const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
const sources: Sources = { prometheusUrl, scrapeInterval: SCRAPE_INTERVAL, pool };

const { rows } = await pool.query<{ text: string }>(
  "select text_id::text as text from tts_monitor.tasks where status = 'failed' order by id desc limit 1",
);
const chosen: Record<string, Record<string, string[]>> = { "tts-task": { text_id: [rows[0]?.text ?? "1"] } };

const trivial = median(await timesOfTrivialQueries());
console.log(`vector(1): ${trivial.toFixed(2)} ms`);
for (const range of RANGES) {
  console.log(`\nnow-${range}, median of ${loads} loads`);
  print(["page", "queries", "promql", "× vector(1)", "slowest", "", "sql", "slowest", ""]);
  for (const board of BOARDS) {
    const { uid = "" } = board;
    const all: Answer[][] = [];
    // The first one fills caches.
    for (let load = 0; load <= Number(loads); load++) {
      const answers = await askPage(await openPage(board, sources, last(range), chosen[uid]));
      if (load > 0) all.push(answers);
    }
    const promql = costOf("promql", all);
    const sql = costOf("sql", all);
    const ratio = (promql.sum / trivial).toFixed(0);
    const queries = `${promql.queries} + ${sql.queries}`;
    print([uid, queries, ms(promql.sum), ratio, ...promql.slowest, ms(sql.sum), ...sql.slowest]);
  }
}
await pool.end();

async function timesOfTrivialQueries(): Promise<number[]> {
  const times: number[] = [];
  // As many again before them, until everything is warm.
  for (let query = -TRIVIAL_QUERIES; query < TRIVIAL_QUERIES; query++) {
    const begin = performance.now();
    await askPrometheus(sources.prometheusUrl, "vector(1)", { at: Date.now() });
    if (query >= 0) times.push(performance.now() - begin);
  }
  return times;
}

/** The sum of a load's queries in that language, and the slowest of them, each the median of the loads. */
function costOf(language: Answer["language"], loaded: readonly Answer[][]) {
  const own = loaded.map((answers) => answers.filter((answer) => answer.language === language));
  const failed = own.flat().find(({ error }) => error !== undefined);
  if (failed) throw new Error(`${failed.board}: ${failed.asker}: ${failed.error}`);
  const each = (own[0] ?? []).map(({ asker, refId }, index) => ({
    name: `${asker} ${refId}`,
    time: median(own.map((answers) => answers[index]?.milliseconds ?? Number.NaN)),
  }));
  const slowest = each.reduce((a, b) => (b.time > a.time ? b : a), { name: "", time: 0 });
  const sum = median(own.map((answers) => answers.reduce((total, one) => total + one.milliseconds, 0)));
  return { queries: each.length, sum, slowest: [ms(slowest.time), slowest.name] };
}

function median(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function ms(time: number): string {
  return `${time.toFixed(1)} ms`;
}

function print(cells: readonly string[]): void {
  const widths = [12, 8, 9, 11, 9, 40, 9, 9, 0];
  console.log(cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "));
}
