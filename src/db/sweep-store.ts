import type { TimeoutReason } from "../domain/reason.ts";
import type { Queryable } from "./pool.ts";

export interface SweptTask {
  taskId: bigint;
  reason: TimeoutReason;
  /** seconds from overdue to ended */
  delay: number;
}

/**
 * Ends up to `limit` overdue tasks as timeouts. A row that somebody holds locked is left for the next time; one
 * that has ended meanwhile is not touched. Costs what it ends, however many are overdue: each is looked up and locked
 * on its own, and none is looked at once there are enough.
 */
export async function sweepOverdue(db: Queryable, limit: number): Promise<SweptTask[]> {
  const { rows } = await db.query<SweptTask>(
    `with chosen as materialized (
       select o.id, o.since
       from tts_monitor.overdue_tasks o
       cross join lateral (
         select from tts_monitor.tasks t where t.id = o.id and t.status = 'processing' for update skip locked
       ) locked
       limit $1
     ),
     ended as (
       update tts_monitor.tasks set
         status = 'timeout', finished_at = clock_timestamp(),
         reason = case when deadline_at <= statement_timestamp() then 'deadline_exceeded' else 'worker_lost' end
       where id = any(array(select id from chosen)) and status = 'processing'
       returning id, reason
     )
     select id as "taskId", reason, greatest(0, extract(epoch from clock_timestamp() - since))::float8 as delay
     from ended join chosen using (id)`,
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
