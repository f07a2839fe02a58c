import { readFileSync } from "node:fs";
import type pg from "pg";
import { tasksCollector } from "../../src/collectors/tasks.ts";
import { foldTasks } from "../../src/db/ledger.ts";
import { FAILURE_REASONS, TIMEOUT_REASONS } from "../../src/domain/reason.ts";
import { render } from "../../src/metrics/exposition.ts";
import { openPool } from "./open-pool.ts";
import { createTestDatabase, type TestDatabase } from "./postgres.ts";
import { startCli } from "./processes.ts";
import { seedTasks } from "./seed.ts";
import { takeSlot } from "./tasks.ts";

/** What a line, JSON, SQL or a terminal could take for something else. */
const HOSTILE =
  '"quoted" \\back\\slash\\n \n\r\t\u0001\u007f\u2028\u2029\ufeff 😀 點 {"table":"tasks"} \'; drop table x; --';

const ENDINGS = [
  ["completed", null],
  ...FAILURE_REASONS.map((reason) => ["failed", reason]),
  ...TIMEOUT_REASONS.map((reason) => ["timeout", reason]),
];

/** Tasks in every state and with every reason, with whatever is hard to carry over, and books of each kind. */
export async function seedForBackup(pool: pg.Pool): Promise<void> {
  await seedTasks(pool);
  await pool.query(
    `insert into tts_monitor.tasks (text_id, content_hash, status, reason, worker, incarnation, created_at,
       started_at, finished_at, error_message, audio_url, filename, file_size)
     select 9223372036854775807 - n, lpad(to_hex(n), 64, '0'), status, reason, 'worker-1', n,
       now() - n * interval '1 hour', now() - n * interval '1 hour' + interval '0.000001 seconds',
       now() - n * interval '59.999999 minutes', $3, $3, $3, 9007199254740993
     from unnest($1::text[], $2::text[]) with ordinality as endings (status, reason, n)`,
    [ENDINGS.map(([status]) => status), ENDINGS.map(([, reason]) => reason), HOSTILE],
  );
  await pool.query("delete from tts_monitor.tasks where text_id in (1, 5, 8)");
  await foldTasks(pool, 1000);
  await seedUnfolded(pool);
}

async function seedUnfolded(pool: pg.Pool): Promise<void> {
  const { incarnation } = await takeSlot(pool, "worker-1");
  await pool.query(
    `insert into tts_monitor.tasks (text_id, status, worker, incarnation, deadline_at, ready_at)
     values (20, 'processing', 'worker-1', $1, 'infinity', now()), (21, 'processing', 'unknown', 7, 'infinity', null)`,
    [incarnation],
  );
  await pool.query(`
    insert into tts_monitor.tasks (id, text_id) overriding system value
    values (9007199254740993, 22), (9223372036854775000, 23);
    insert into tts_monitor.followers (text_id, task_id)
    select n, id from tts_monitor.tasks, generate_series(30, 31) n where text_id in (2, 20);
    update tts_monitor.tasks set late_at = now() where text_id = 3;
    insert into tts_monitor.task_deltas (event) values ('deduplicated'), ('slot_conflict');
    delete from tts_monitor.tasks where text_id = 6;
    insert into tts_monitor.workers (worker, incarnation, address, version, draining_at)
    values ('worker.2', 9007199254740993, '[::1]:9561', '1.0 "x" 點', now());
    update tts_monitor.workers set heartbeat_at = now() - interval '10 minutes 0.000001 seconds';
    update tts_monitor.settings set concurrency_global = 8, slo_latency = '1 minute 0.5 seconds';
  `);
}

/** All that a backup carries over, as text that shows each digit. */
export async function contentsOf(db: Pick<pg.ClientBase, "query">): Promise<Record<string, string>> {
  const { rows } = await db.query<{ name: string; text: string | null }>(
    ["tasks", "followers", "workers", "task_ledger"]
      .map(
        (name) => `select '${name}' as name, string_agg(t::text, E'\\n' order by t::text) as text
          from tts_monitor.${name} t`,
      )
      .concat("select 'settings', (concurrency_global, slo_latency)::text from tts_monitor.settings")
      .join(" union all "),
  );
  return Object.fromEntries(rows.map(({ name, text }) => [name, text ?? ""]));
}

/** The counters and histograms of the tasks, as an exporter shows them. */
export async function exposedBy(url: string): Promise<string> {
  const pool = openPool(url, "test counters", 1);
  try {
    return (await render(tasksCollector.measure(await tasksCollector.read(pool)), [], "text")).body;
  } finally {
    await pool.end();
  }
}

/** Runs the work with a new database that has our schema and no row. */
export async function withEmptyDatabase(work: (target: TestDatabase) => Promise<void>): Promise<void> {
  const target = await createTestDatabase();
  try {
    await work(target);
  } finally {
    await target.drop();
  }
}

/** Runs `export` or `import` to its end. */
export async function runBackup(command: "export" | "import", url: string, file: string) {
  const process = startCli([command, `--database.url=${url}`, `--file=${file}`]);
  const { code } = await process.exited;
  return { code, lines: process.output().trimEnd().split("\n") };
}

export function linesOf(file: string): string[] {
  return readFileSync(file, "utf8").trimEnd().split("\n");
}

/** What two exports of the same rows have in common: all but the time in the first line, and the last line's digest. */
export function rowsOf(file: string): string[] {
  return linesOf(file).slice(1, -1);
}
