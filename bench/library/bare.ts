import pg from "pg";

// As many as the library's own pool has (src/worker/lifecycle.ts).
const CONNECTIONS = 2;

/** What a task leaves behind, and nothing else: the same columns, without triggers, checks and the lists' indexes. */
export const PLAIN_TABLE = `
  create table plain_tasks (like tts_monitor.tasks including defaults including identity, primary key (id))
  with (fillfactor = 85)`;

export interface Bare {
  run(textId: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * The least that a service can write of its tasks and still be honest: recorded, started, ended, each committed when
 * it happens. No slot, no deadline that anybody enforces, no heartbeat, no deduplication, no books.
 */
export function openBare(url: string): Bare {
  const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS });
  return {
    async run(textId) {
      const { rows } = await pool.query<{ id: string }>(
        "insert into plain_tasks (text_id, worker) values ($1, $2) returning id",
        [textId, "bare"],
      );
      const id = rows[0]?.id;
      await pool.query(
        `update plain_tasks set status = 'processing', started_at = clock_timestamp(),
           deadline_at = clock_timestamp() + interval '40 minutes' where id = $1`,
        [id],
      );
      await pool.query(
        `update plain_tasks set status = 'completed', finished_at = clock_timestamp(),
           audio_url = $2, filename = $3, file_size = $4 where id = $1`,
        [id, "/audio/1.wav", "1.wav", 70_000],
      );
    },
    close: () => pool.end(),
  };
}
