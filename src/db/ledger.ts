import { type Books, foldLock } from "./fold-lock.ts";
import type { Queryable } from "./pool.ts";

/**
 * Moves up to `limit` deltas of tasks into the totals, in one statement: a reader sees every delta exactly once.
 * Does nothing while another process folds.
 * @returns how many were moved
 */
export async function foldTasks(db: Queryable, limit: number): Promise<number> {
  return fold(
    db,
    limit,
    "task",
    `folded as (
       insert into tts_monitor.task_totals (event, label, bucket, n, micros)
       select event, label, bucket, sum(n), sum(micros) from moved group by 1, 2, 3 order by 1, 2, 3
       on conflict (event, label, bucket) do update
         set n = task_totals.n + excluded.n, micros = task_totals.micros + excluded.micros
     )`,
  );
}

/** The same for texts: applies deltas to the texts' states and counts what became completed by that. */
export async function foldTexts(db: Queryable, limit: number): Promise<number> {
  return fold(
    db,
    limit,
    "text",
    `changes as (
       select text_id, sum(alive)::bigint as alive, sum(valid_audios)::bigint as valid_audios
       from moved group by text_id
     ),
     applied as (
       insert into tts_monitor.text_states (text_id, alive, valid_audios)
       select text_id, alive, valid_audios from changes order by text_id
       on conflict (text_id) do update set
         alive = text_states.alive + excluded.alive,
         valid_audios = text_states.valid_audios + excluded.valid_audios
       returning text_id, alive, valid_audios
     ),
     folded as (
       update tts_monitor.text_totals set
         texts = texts + (select coalesce(sum(alive), 0) from changes),
         completed = completed + (
           select coalesce(sum(
             tts_monitor.is_completed(a.alive, a.valid_audios)
             - tts_monitor.is_completed(a.alive - c.alive, a.valid_audios - c.valid_audios)
           ), 0)
           from applied a join changes c using (text_id)
         )
       where exists (select from changes)
     )`,
  );
}

// For the disk: should a crash undo it, the deltas are there again, and are folded again.
const WITHOUT_WAITING = "(select set_config('synchronous_commit', 'off', true) is not null)";

/** @param apply with-queries that add `moved` to the totals */
async function fold(db: Queryable, limit: number, what: Books, apply: string): Promise<number> {
  const { rows } = await db.query<{ moved: number }>(
    `with batch as (
       select ctid from tts_monitor.${what}_deltas
       where (select pg_try_advisory_xact_lock(${foldLock(what)})) and ${WITHOUT_WAITING}
       limit $1 for update skip locked
     ),
     moved as (
       delete from tts_monitor.${what}_deltas where ctid = any(array(select ctid from batch)) returning *
     ),
     ${apply}
     select count(*)::integer as moved from moved`,
    [limit],
  );
  return rows[0]?.moved ?? 0;
}

/**
 * Frees the folded deltas' space at once: autovacuum comes by too seldom to keep the tables small. Without
 * ownership of the tables PostgreSQL skips them with a warning, and autovacuum does it.
 */
export async function vacuumDeltas(db: Queryable): Promise<void> {
  await db.query("vacuum (index_cleanup off) tts_monitor.task_deltas");
  await db.query("vacuum (index_cleanup off) tts_monitor.text_deltas");
}
