import { foldLock } from "./fold-lock.ts";
import type { Queryable } from "./pool.ts";

// A statement's time is one instant, which an index scan can begin at.
const longerAgo = (retention: string) => `< statement_timestamp() - ${retention} * interval '1 millisecond'`;

export interface PrunedTasks {
  /** how many were found and locked; `limit` where there may be more */
  found: number;
  deleted: number;
}

/**
 * Deletes up to `limit` tasks that ended longer ago than `retention` ms, of each outcome the oldest first, and
 * whatever follows them. One that a stranger has locked, itself or through a follower, is left for the next time; the
 * others do not wait for it.
 */
export async function pruneTasks(db: Queryable, retention: number, limit: number): Promise<PrunedTasks> {
  const { rows } = await db.query<PrunedTasks>(
    `with old as materialized (
       select oldest.id
       from unnest(array['completed', 'failed', 'timeout']) as ended (status)
       cross join lateral (
         select t.id from tts_monitor.tasks t
         where t.status = ended.status and t.finished_at ${longerAgo("$1")}
         order by t.finished_at limit $2 for update skip locked
       ) oldest
       limit $2
     ),
     free as materialized (
       select text_id, task_id from tts_monitor.followers
       where task_id = any(array(select id from old)) for update skip locked
     ),
     deleted as (
       delete from tts_monitor.tasks
       where id = any(array(
         select id from old
         except
         select task_id from tts_monitor.followers
         where task_id = any(array(select id from old))
           and (text_id, task_id) not in (select text_id, task_id from free)
       ))
       returning id
     )
     select (select count(*) from old)::integer as found, (select count(*) from deleted)::integer as deleted`,
    [retention, limit],
  );
  return rows[0] ?? { found: 0, deleted: 0 };
}

/**
 * Takes lost workers off the list that were not heard from for `retention` ms; one whose tasks are still to be ended
 * stays.
 * @returns how many
 */
export async function pruneWorkers(db: Queryable, retention: number): Promise<number> {
  const { rowCount } = await db.query(
    `with silent as materialized (
       select w.worker from tts_monitor.workers w
       where w.heartbeat_at ${longerAgo("$1")}
         and w.worker in (select worker from tts_monitor.worker_states where state = 'lost')
         and w.worker not in (
           select t.worker from tts_monitor.tasks t where t.status = 'processing' and t.worker is not null
         )
       for update of w skip locked
     )
     delete from tts_monitor.workers where worker in (select worker from silent)`,
    [retention],
  );
  return rowCount ?? 0;
}

/**
 * Forgets up to `limit` texts that are gone with all their audios: to the ledger, no state is the same as a state of
 * zeros, whatever deltas are still to be folded. Does nothing while another process folds texts.
 * @returns how many
 */
export async function pruneTextStates(db: Queryable, limit: number): Promise<number> {
  const { rowCount } = await db.query(
    `delete from tts_monitor.text_states where text_id = any(array(
       select text_id from tts_monitor.text_states
       where alive = 0 and valid_audios = 0 and (select pg_try_advisory_xact_lock(${foldLock("text")}))
       limit $1 for update skip locked
     ))`,
    [limit],
  );
  return rowCount ?? 0;
}
