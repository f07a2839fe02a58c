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
 * that has ended meanwhile is not touched.
 */
export async function sweepOverdue(db: Queryable, limit: number): Promise<SweptTask[]> {
  const { rows } = await db.query<SweptTask>(
    `with overdue as materialized (select id, cause, since from tts_monitor.overdue_tasks),
     locked as (
       select t.id from tts_monitor.tasks t
       where t.id in (select id from overdue) and t.status = 'processing'
       limit $1 for update skip locked
     )
     update tts_monitor.tasks t set
       status = 'timeout', finished_at = clock_timestamp(),
       reason = case o.cause when 'deadline_passed' then 'deadline_exceeded' else 'worker_lost' end
     from locked join overdue o using (id)
     where t.id = locked.id and t.status = 'processing'
     returning t.id as "taskId", t.reason,
       greatest(0, extract(epoch from clock_timestamp() - o.since))::float8 as delay`,
    [limit],
  );
  return rows;
}

/** Notes that the database answers: what makes an outage known to all, as a gap between these notes. */
export async function noteAnswer(db: Queryable): Promise<void> {
  // What a crash could undo of this is known by the server's start.
  await db.query("begin; set local synchronous_commit = off; select tts_monitor.note_answer(); commit");
}
