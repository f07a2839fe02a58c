import type pg from "pg";
import { trackAppTables } from "../../src/db/app-tables.ts";
import { withClient } from "./with-client.ts";

/** The application's tables, as a service with large ids has them. */
export const APP_TABLES = `
  create table tts_texts (id bigint primary key, content text not null, is_deleted integer);
  create table tts_audios (id bigint generated always as identity primary key, text_id bigint not null,
    audio_url text, filename text, file_size bigint, is_deleted integer);`;

/** These, with ten texts, of which four are completed. */
export async function createAppTables(pool: pg.Pool): Promise<void> {
  await pool.query(`
    ${APP_TABLES}
    insert into tts_texts select n, 'text ' || n, 0 from generate_series(1, 10) n;
    insert into tts_texts values (11, 'deleted', 1), (12, 'deleted', null);
    insert into tts_audios (text_id, file_size, is_deleted)
    values (1, 5000, 0), (2, 9000, 0), (2, 9000, 0), (3, 70000, 0), (4, 5000, 0),
      (5, 4999, 0), (6, null, 0), (7, 9000, 1), (11, 9000, 0);
  `);
}

export async function track(pool: pg.Pool): Promise<void> {
  await withClient(pool, trackAppTables);
}

/** One task of every kind, at fixed times, so that what is measured of them is known to the digit. */
export async function seedTasks(pool: pg.Pool): Promise<void> {
  await pool.query(`
    insert into tts_monitor.tasks
      (text_id, status, worker, created_at, started_at, finished_at, deadline_at, reason)
    select text_id, status, 'worker-1', t, t + wait, t + wait + took, t + wait + interval '40 minutes', reason
    from (values
      (1, 'completed', interval '0', interval '1 second', null),
      (2, 'completed', interval '100 milliseconds', interval '500 milliseconds', null),
      (3, 'completed', interval '50 seconds', interval '10.000001 seconds', null),
      (4, 'completed', interval '31 minutes', interval '3 seconds', null),
      (5, 'failed', interval '1 second', interval '2 seconds', 'provider_error'),
      (6, 'failed', interval '1 second', interval '30 seconds', 'invalid_input'),
      (7, 'failed', interval '1 second', interval '4 seconds', 'invalid_audio'),
      (8, 'timeout', interval '1 second', interval '41 minutes', 'deadline_exceeded'),
      (9, 'timeout', interval '1 second', interval '35 seconds', 'worker_lost')
    ) seed (text_id, status, wait, took, reason), (select timestamptz '2026-01-01 00:00:00Z' as t) base;
    insert into tts_monitor.tasks (text_id) values (10), (10);
  `);
}
