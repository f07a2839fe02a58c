import type pg from "pg";
import { APP_TABLES } from "./seed.ts";

/** Texts, audios, workers and tasks in every state, at fixed times, for the golden answers of the old API. */
export async function seedApi(pool: pg.Pool): Promise<void> {
  await pool.query(`
    ${APP_TABLES}
    insert into tts_texts select n, 'Secret content ' || n, 0 from generate_series(1, 8) n;
    insert into tts_texts values (9, 'deleted', 1), (9007199254740993, 'large', 0);
    insert into tts_audios (text_id, audio_url, filename, file_size, is_deleted) values
      (3, '/audio/3-old.mp3', '3-old.mp3', 6000, 0), (3, '/audio/3.mp3', '3.mp3', 70000, 0),
      (4, '/audio/4.mp3', '4.mp3', 4999, 0), (6, '/audio/6.mp3', 'Sixth.mp3', 5000, 0);
    insert into tts_monitor.tasks (text_id, status, worker, created_at, started_at, finished_at, deadline_at, reason,
      error_message, audio_url, filename, file_size, late_at)
    select text_id, status, worker, at, at + interval '1 second',
      case when status <> 'processing' then at + took end, '2126-01-01Z', reason, message, url, file, size, late
    from (values
      (3, 'failed', 'worker-1', timestamptz '2026-01-01 00:00Z', interval '3.5 seconds', 'provider_error',
        '503 from the provider', null, null, null::bigint, null::timestamptz),
      (3, 'completed', 'worker-2', '2026-01-01 00:01Z', '11 seconds', null,
        null, '/audio/3.mp3', '3.mp3', 70000, null),
      (4, 'failed', 'worker-1', '2026-01-01 00:02Z', '2 seconds', 'invalid_audio',
        'the audio has 4999 bytes only', '/audio/4.mp3', '4.mp3', 4999, null),
      (5, 'timeout', 'worker-1', '2026-01-01 00:03Z', '41 minutes', 'deadline_exceeded',
        null, null, null, null, '2026-01-01 01:00Z'),
      (9007199254740993, 'timeout', 'worker-2', '2026-01-01 00:04Z', '35 seconds', 'worker_lost',
        null, null, null, null, null)
    ) given (text_id, status, worker, at, took, reason, message, url, file, size, late);
    insert into tts_monitor.followers (text_id, task_id, followed_at)
    select 6, id, '2026-01-01 00:02Z' from tts_monitor.tasks where status = 'completed'`);
}

/** A task that waits and one that runs; workers that have room for five. */
export async function seedLivingTasks(pool: pg.Pool): Promise<void> {
  await pool.query(`
    insert into tts_monitor.workers (worker, concurrency_limit) values ('worker-1', 2), ('worker-2', 3);
    insert into tts_monitor.tasks (text_id, status, worker, created_at, started_at, deadline_at) values
      (1, 'pending', null, '2026-01-01 00:05Z', null, null),
      (2, 'processing', 'worker-1', '2026-01-01 00:06Z', '2026-01-01 00:07Z', '2126-01-01Z')`);
}
