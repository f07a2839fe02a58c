import type { TimeoutReason } from "../domain/reason.ts";
import type { Queryable } from "./pool.ts";
import { STATUS } from "./task-sql.ts";

export interface SweptTask {
  taskId: bigint;
  reason: TimeoutReason;
  /** seconds from overdue to ended */
  delay: number;
}

/**
 * Ends up to `limit` overdue tasks as timeouts. A row that somebody holds locked is left for the next time; one
 * that has ended meanwhile is not touched. Costs what it ends, however many are overdue: each is looked up and locked
 * on its own, and none is looked at once there are enough. Whatever the statistics know, arrays are planned as ten
 * rows, so that those chosen are found by their keys again.
 */
export async function sweepOverdue(db: Queryable, limit: number): Promise<SweptTask[]> {
  const { rows } = await db.query<SweptTask>(
    `with chosen as materialized (
       select o.id, o.since
       from tts_monitor.overdue_tasks o
       cross join lateral (
         select from tts_monitor.tasks t where t.id = o.id and t.${STATUS} = 'processing' for update skip locked
       ) locked
       limit $1
     )
     update tts_monitor.tasks t set
       status = 'timeout', finished_at = clock_timestamp(),
       reason = case when deadline_at <= statement_timestamp() then 'deadline_exceeded' else 'worker_lost' end
     from unnest(array(select id from chosen), array(select since from chosen)) as ending (id, since)
     where t.id = ending.id
     returning t.id as "taskId", reason, greatest(0, extract(epoch from clock_timestamp() - since))::float8 as delay`,
    [limit],
  );
  return rows;
}

/**
 * Notes that the database could hear a worker: what makes an outage known to all, as a gap between these notes. It is a
 * heartbeat of nobody, whose trigger takes the note, and so fails with whatever heartbeats fail with: a lock, a right
 * that is missing, a commit that a standby does not confirm.
 */
export async function noteAnswer(db: Queryable): Promise<void> {
  await db.query(
    `insert into tts_monitor.workers (worker) select 'nobody' where false
     on conflict (worker) do update set heartbeat_at = excluded.heartbeat_at`,
  );
}
