// What becomes of the ledger when tasks move as fast as they can for ten minutes: how large the deltas' table grows, how
// long a scrape takes, how far the fold lags behind; with the settings that `migrate` puts on the table.
import { setTimeout as sleep } from "node:timers/promises";
import { pgbench } from "./support/pgbench.ts";
import { type ExporterProcess, startExporter } from "./support/process.ts";
import { atMost, number, quick, report, table } from "./support/report.ts";
import { startDatabase } from "./support/server.ts";
import { median, quantile } from "./support/statistics.ts";
import { registerScriptWorker, TRANSITIONS, taskScript } from "./support/task-script.ts";

const SECONDS = quick ? 8 : 600;
const CLIENTS = 8;
const MEGABYTE = 2 ** 20;
/** The scrapes that are shown together. */
const WINDOW = quick ? 4 : 60;

interface Sample {
  /** of a scrape, ms */
  scrape: number;
  /** deltas that nobody has folded yet */
  waiting: number;
  /** deltas that are folded and not vacuumed away, by the server's estimate */
  dead: number;
  /** of the deltas' table, bytes */
  size: number;
}

const database = await startDatabase();
const exporter = await startExporter(database.url);
try {
  const script = await taskScript(await registerScriptWorker(database));
  // As fast as it goes is faster where nobody waits for the disk.
  const session = { synchronous_commit: "off" };
  const running = pgbench({ url: database.url, script, clients: CLIENTS, seconds: SECONDS, session });
  const [runs, samples] = await Promise.all([running, watch(exporter)]);
  print(runs * TRANSITIONS, samples);
  const scrapes = samples.map(({ scrape }) => scrape);
  report([
    atMost(
      "ledger: the deltas' table, MB at most",
      Math.max(...samples.map(({ size }) => size)) / MEGABYTE,
      16,
    ),
    atMost("ledger: p95 of a scrape, ms", quantile(scrapes, 0.95), 25),
    atMost("ledger: tasks that the totals lack", await missing(await exporter.scrape()), 0),
  ]);
} finally {
  await exporter.end();
  await database.remove();
}

async function watch({ scrape }: ExporterProcess): Promise<Sample[]> {
  const samples: Sample[] = [];
  const end = performance.now() + SECONDS * 1000;
  while (performance.now() < end) {
    const begin = performance.now();
    await scrape();
    const taken = performance.now() - begin;
    samples.push({ scrape: taken, ...(await readState()) });
    await sleep(Math.max(0, 1000 - (performance.now() - begin)));
  }
  return samples;
}

async function readState(): Promise<Omit<Sample, "scrape">> {
  const { rows } = await database.pool.query<Omit<Sample, "scrape">>(`
    select (select count(*) from tts_monitor.task_deltas)::integer as waiting, n_dead_tup::integer as dead,
      pg_table_size(relid)::integer as size
    from pg_stat_user_tables where relid = 'tts_monitor.task_deltas'::regclass`);
  const [state] = rows;
  if (!state) throw new Error("the table is there");
  return state;
}

/** How far the books are from the rows, after all is over. */
async function missing(scraped: string): Promise<number> {
  const [, completed] = /^tts_db_tasks\{status="completed"\} (\d+)$/m.exec(scraped) ?? [];
  const { rows } = await database.pool.query<{ n: number }>(
    "select count(*)::integer as n from tts_monitor.tasks where status = 'completed'",
  );
  return Math.abs(Number(completed) - (rows[0]?.n ?? Number.NaN));
}

function print(transitions: number, samples: readonly Sample[]): void {
  console.log(`\n${number(transitions)} transitions a second for ${SECONDS} s.`);
  const windows = Array.from({ length: Math.ceil(samples.length / WINDOW) }, (_, index) =>
    samples.slice(index * WINDOW, (index + 1) * WINDOW),
  );
  table(
    [
      "until, s",
      "scrape, median ms",
      "p95",
      "deltas waiting, median",
      "most",
      "dead, most",
      "table, MB at most",
    ],
    windows.map((window, index) => {
      const of = (key: keyof Sample) => window.map((sample) => sample[key]);
      return [
        Math.min((index + 1) * WINDOW, SECONDS),
        ...[median(of("scrape")), quantile(of("scrape"), 0.95)].map(number),
        ...[median(of("waiting")), Math.max(...of("waiting")), Math.max(...of("dead"))].map(number),
        number(Math.max(...of("size")) / MEGABYTE),
      ];
    }),
  );
}
