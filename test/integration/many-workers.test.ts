import { expect, it } from "vitest";
import { buffersOf, plansOf } from "../support/plans.ts";
import { useTestDatabase } from "../support/postgres.ts";

const WORKERS = 300;
const database = useTestDatabase();

it.each(["worker_states", "overdue_tasks"])(
  "%s of many workers reads each of them once, not all of them for each",
  async (view) => {
    const { pool } = database();
    await pool.query(
      `with registered as (
         insert into tts_monitor.workers (worker, concurrency_limit, heartbeat_timeout, version)
         select $1 || n, 1, interval '30 seconds', 'test' from generate_series(1, $2) n
         returning worker, incarnation
       )
       insert into tts_monitor.tasks (text_id, status, worker, incarnation)
       select 1, 'processing', worker, incarnation from registered`,
      [view, WORKERS],
    );
    await pool.query("analyze tts_monitor.workers, tts_monitor.tasks");
    const [plan] = await plansOf(pool, (db) => db.query(`select * from tts_monitor.${view}`));
    expect(plan && buffersOf(plan)).toBeLessThan(3 * WORKERS);
  },
);
