import type pg from "pg";
import { trackAppTables } from "../../src/db/app-tables.ts";
import { registerWorker, type Slot, type WorkerRegistration } from "../../src/db/worker-store.ts";
import { createAppTables } from "../../test/support/seed.ts";
import { registration } from "../../test/support/tasks.ts";
import { withClient } from "../../test/support/with-client.ts";
import { progress } from "../support/report.ts";
import { BOOK_TASKS, BOOK_TEXTS } from "./books.ts";

const WORKERS = 16;
const PENDING = 1000;
const PROCESSING = 100;
// Fills that keep the server busy must not make anybody lost.
const HEARTBEAT_TIMEOUT = 600_000;
// Below this, indexes are kept up to date row by row; above it, they are dropped and made again.
const BULK = 50_000;

/** A worker with all that it tells with each heartbeat. */
export type Worker = WorkerRegistration & Slot;

/** The application's tables, tracked, and what is alive, which stays the same however many have ended. */
export async function prepare(pool: pg.Pool): Promise<Worker[]> {
  await createAppTables(pool);
  await pool.query("create index tts_audios_text_id on tts_audios (text_id)");
  await withClient(pool, trackAppTables);
  const workers: Worker[] = [];
  for (let n = 1; n <= WORKERS; n++) {
    const me = registration(`worker-${n}`, HEARTBEAT_TIMEOUT);
    workers.push({ ...me, ...(await registerWorker(pool, me)) });
  }
  await pool.query(INSERT_ALIVE, [PENDING, PROCESSING]);
  return workers;
}

/** Fills on until so many tasks have ended, and there are so many texts and 0.9 times as many audios; all booked. */
export async function fillUpTo(pool: pg.Pool, from: number, to: number): Promise<void> {
  await Promise.all([
    quietly(pool, async (run, db) => {
      const last = await largestId(db, "tts_monitor.tasks");
      await withoutIndexes(db, "tts_monitor.tasks", to - from, run, () =>
        run("tasks", INSERT_ENDED, [from + 1, to]),
      );
      await run("the tasks' books", BOOK_TASKS, [last]);
      await run("what is alive is young again", RENEW_ALIVE, [PENDING]);
    }),
    quietly(pool, async (run, db) => {
      const ids = [FIRST_TEXT + from, FIRST_TEXT + to - 1];
      await run("texts", INSERT_TEXTS, ids);
      await withoutIndexes(db, "tts_audios", to - from, run, () => run("audios", INSERT_AUDIOS, ids));
      // Without knowledge of what has come, it is joined row by row.
      await run("analyze", "analyze tts_texts, tts_audios");
      await run("the texts' books", BOOK_TEXTS, ids);
    }),
  ]);
  // As autovacuum would have done in time: index-only plans live by the visibility map.
  await Promise.all(
    ["tts_monitor.tasks", "tts_texts, tts_audios, tts_monitor.text_states"].map((tables) =>
      timed(`vacuum of ${tables}`, () => pool.query(`vacuum (analyze) ${tables}`)),
    ),
  );
  await pool.query("vacuum (analyze)");
  await timed("checkpoint", () => pool.query("checkpoint"));
}

type Run = (what: string, sql: string, values?: unknown[]) => Promise<void>;

/** Statements that no trigger sees. */
async function quietly(pool: pg.Pool, work: (run: Run, db: pg.PoolClient) => Promise<void>): Promise<void> {
  await withClient(pool, async (db) => {
    await db.query("set session_replication_role = replica; set maintenance_work_mem = '1GB'");
    await work((what, sql, values) => timed(what, () => db.query(sql, values)), db);
    await db.query("reset session_replication_role; reset maintenance_work_mem");
  });
}

async function withoutIndexes(
  db: pg.PoolClient,
  table: string,
  added: number,
  run: Run,
  insert: () => Promise<void>,
): Promise<void> {
  if (added < BULK) return await insert();
  const { rows } = await db.query<{ name: string; definition: string }>(
    `select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition
     from pg_index where indrelid = $1::regclass and not indisprimary`,
    [table],
  );
  for (const { name } of rows) await db.query(`drop index ${name}`);
  await insert();
  for (const { name, definition } of rows) await run(name, definition);
}

async function largestId(db: pg.PoolClient, table: string): Promise<string> {
  const { rows } = await db.query<{ id: string }>(`select coalesce(max(id), 0) as id from ${table}`);
  return rows[0]?.id ?? "0";
}

const TELLING = 2000;

/** Does it, and tells what takes its time. */
async function timed(what: string, work: () => Promise<unknown>): Promise<void> {
  const begin = performance.now();
  await work();
  const took = performance.now() - begin;
  if (took > TELLING) progress(`${what}: ${(took / 1000).toFixed(1)} s`);
}

// What the application's tables begin with has smaller ids.
const FIRST_TEXT = 101;

// As short as texts can be, which spares those who read them all.
const INSERT_TEXTS = `
  insert into tts_texts select n, 'text ' || n, (n % 33 = 0)::integer from generate_series($1::bigint, $2::bigint) n`;

// For nine texts of ten, and a second one for a few: one in fifty is deleted, one in fifty too small.
const INSERT_AUDIOS = `
  insert into tts_audios (text_id, audio_url, filename, file_size, is_deleted)
  select n, '/audio/' || n || '.wav', n || '.wav',
    case when n % 50 = 1 then 4999 else 5000 + n % 100000 end, (n % 50 = 2)::integer
  from generate_series($1::bigint, $2::bigint) n, generate_series(1, case when n % 50 = 3 then 2 else 1 end)
  where n % 25 not in (0, 7, 14)`;

// Over the time that tasks are kept, and well within it: prune has nothing to do.
const DAYS = 89;

const INSERT_ENDED = `
  insert into tts_monitor.tasks
    (text_id, content_hash, status, worker, incarnation, created_at, started_at, deadline_at, finished_at,
     reason, audio_url, filename, file_size)
  select $FIRST + n, md5(n::text) || md5((-n)::text), status, worker, incarnation,
    started - waited * interval '1 millisecond', started, started + interval '40 minutes',
    started + took * interval '1 millisecond',
    case status
      when 'failed' then (array['provider_error', 'provider_throttled', 'provider_timeout', 'invalid_input',
        'invalid_audio', 'storage_error', 'internal', 'other'])[1 + n / 100 % 8]
      when 'timeout' then (array['deadline_exceeded', 'worker_lost'])[1 + n / 100 % 2]
    end,
    case status when 'completed' then '/audio/' || n || '.wav' end,
    case status when 'completed' then n || '.wav' end,
    case status when 'completed' then 5000 + n % 100000 end
  from (
    select n, 'worker-' || 1 + n % ${WORKERS} as worker, 1 + n % ${WORKERS} as incarnation,
      case n % 100 when 0 then 'timeout' when 1 then 'failed' when 2 then 'failed' else 'completed' end as status,
      random() * 5000 as waited, 1000 + random() * 59000 as took,
      clock_timestamp() - ${DAYS} * ($2 - n + 1)::float8 / ($2 - $1 + 1) * interval '1 day' - interval '1 hour' as started
    from generate_series($1::bigint, $2::bigint) n
  ) task`.replace("$FIRST", String(FIRST_TEXT - 1));

const INSERT_ALIVE = `
  insert into tts_monitor.tasks
    (text_id, content_hash, status, worker, incarnation, started_at, deadline_at)
  select n, md5(n::text) || md5('alive'), status, worker, incarnation,
    case status when 'processing' then clock_timestamp() end,
    case status when 'processing' then clock_timestamp() + interval '1 day' end
  from (
    select n, case when n <= $1::bigint then 'pending' else 'processing' end as status
    from generate_series(1::bigint, $1::bigint + $2::bigint) n
  ) task
  join (select worker, incarnation, row_number() over () as number from tts_monitor.workers) w
    on number = 1 + n % ${WORKERS}`;

// None older than ten minutes: at no size is any of them stuck.
const RENEW_ALIVE = `
  update tts_monitor.tasks set
    created_at = clock_timestamp() - id % 600 * interval '1 second',
    started_at = case status when 'processing' then clock_timestamp() end
  where status in ('pending', 'processing') and id <= 2 * $1::bigint`;
