import type pg from "pg";
import { trackAppTables } from "../../src/db/app-tables.ts";
import { registerWorker } from "../../src/db/worker-store.ts";
import { createAppTables } from "../../test/support/seed.ts";
import { registration } from "../../test/support/tasks.ts";
import { withClient } from "../../test/support/with-client.ts";
import { DAY, fillEnded } from "../support/fill.ts";

const WORKERS = 4;

/**
 * So many ended tasks, and as many texts, tracked; a few workers that stay live for a day, each with a task in
 * `processing` and one that waits.
 */
export async function fill(pool: pg.Pool, tasks: number): Promise<void> {
  await createAppTables(pool);
  await pool.query("insert into tts_texts select n, 'text ' || n, 0 from generate_series(101, 100 + $1) n", [
    tasks,
  ]);
  await withClient(pool, trackAppTables);
  await fillEnded(pool, tasks, 0, DAY);
  for (let worker = 1; worker <= WORKERS; worker++) {
    await registerWorker(pool, registration(`worker-${worker}`, DAY * 1000));
  }
  await pool.query(
    "insert into tts_monitor.tasks (text_id) select text_id from generate_series(1, $1) text_id",
    [WORKERS],
  );
  await pool.query(`
    insert into tts_monitor.tasks (text_id, status, worker, incarnation, started_at, deadline_at)
    select 100 + row_number() over (), 'processing', worker, incarnation, clock_timestamp(),
      clock_timestamp() + interval '1 day'
    from tts_monitor.workers`);
  await pool.query("vacuum analyze");
}
