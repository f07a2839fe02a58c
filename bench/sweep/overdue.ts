import type pg from "pg";
import type { Slot } from "../../src/db/worker-store.ts";
import { bypassTriggers } from "../../test/support/bypass.ts";
import { withClient } from "../../test/support/with-client.ts";
import { booksOf } from "../support/fill.ts";

/** Removes all tasks, and what the books say of them. */
export async function clearTasks(pool: pg.Pool): Promise<void> {
  await bypassTriggers(
    pool,
    "truncate tts_monitor.tasks, tts_monitor.followers, tts_monitor.task_deltas, tts_monitor.task_totals",
  );
}

export interface Overdue {
  /** when all of them become overdue at once, ms since 1970 */
  since: number;
  first: bigint;
  last: bigint;
}

// One second, in µs.
const WAITED = 1_000_000;

/**
 * Adds running tasks of a living worker, booked as those that came by their triggers.
 * @param delay ms until all of them are overdue; they are there and vacuumed long before
 */
export async function addOverdue(pool: pg.Pool, slot: Slot, count: number, delay: number): Promise<Overdue> {
  return withClient(pool, async (db) => {
    await db.query("begin; set local session_replication_role = replica");
    const { rows } = await db.query<{ since: Date; first: string; last: string }>(
      `with added as (
         insert into tts_monitor.tasks
           (text_id, content_hash, status, worker, incarnation, created_at, started_at, deadline_at)
         select n, md5('overdue' || n) || md5((-n)::text), 'processing', $3, $4,
           begun - $5 * interval '1 microsecond', begun, begun + interval '40 minutes'
         from generate_series(1, $1::integer) n, (
           select date_trunc('milliseconds', clock_timestamp()) + $2 * interval '1 millisecond'
             - interval '40 minutes' as begun
         ) clock
         returning id, deadline_at
       )
       select min(id)::text as first, max(id)::text as last, min(deadline_at) as since from added`,
      [count, delay, slot.worker, slot.incarnation, WAITED],
    );
    await db.query(
      `insert into tts_monitor.task_totals (event, label, bucket, n, micros)
       values ('created', '', 0, $1::bigint, 0),
         ('started', '', tts_monitor.queue_wait_bucket($2), $1::bigint, $1::bigint * $2::bigint)
       on conflict (event, label, bucket) do update
         set n = task_totals.n + excluded.n, micros = task_totals.micros + excluded.micros`,
      [count, WAITED],
    );
    await db.query("commit");
    await db.query("vacuum (analyze) tts_monitor.tasks");
    const [row] = rows;
    if (!row || row.since.getTime() < Date.now()) throw new Error("they are overdue before all is ready");
    return { since: row.since.getTime(), first: BigInt(row.first), last: BigInt(row.last) };
  });
}

/** How those ended that were overdue. */
export interface Ended {
  timeouts: number;
  /** by their workers, who were late but quicker than the sweep */
  completed: number;
}

export async function readEnded(pool: pg.Pool, { first, last }: Overdue): Promise<Ended> {
  const { rows } = await pool.query<Ended>(
    `select count(*) filter (where status = 'timeout')::integer as timeouts,
       count(*) filter (where status = 'completed')::integer as completed
     from tts_monitor.tasks where id between $1 and $2`,
    [first, last],
  );
  const [row] = rows;
  if (!row) throw new Error("an aggregate gave no row");
  return row;
}

/** Lines of the books that differ from a recount of the rows: 0 where each task was counted once. */
export async function countDifferences(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(
    `with recount as (${booksOf("true")}), ledger as (
       select event, label, bucket, n::bigint, micros from tts_monitor.task_ledger where event <> 'late'
     )
     select count(*)::integer as n from (
       (select * from recount except select * from ledger) union all (select * from ledger except select * from recount)
     ) differences`,
  );
  return rows[0]?.n ?? Number.NaN;
}
