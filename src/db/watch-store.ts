import type { Queryable } from "./pool.ts";

/**
 * Asks for a notification (`tts_monitor_task`, with the task's id) of each transition of these tasks, for `life` ms
 * from now on; removes what has expired.
 */
export async function renewWatches(db: Queryable, taskIds: readonly bigint[], life: number): Promise<void> {
  // In one order, so that two exporters that watch the same tasks wait for each other instead of deadlocking.
  await db.query(
    `with expired as (
       delete from tts_monitor.watches where task_id = any(array(
         select task_id from tts_monitor.watches
         where expires_at < clock_timestamp() and task_id <> all($1::bigint[])
         limit 10000 for update skip locked
       ))
     )
     insert into tts_monitor.watches as w (task_id, expires_at)
     select id, clock_timestamp() + $2 * interval '1 millisecond' from unnest($1::bigint[]) id order by id
     on conflict (task_id) do update set expires_at = greatest(w.expires_at, excluded.expires_at)`,
    [taskIds, life],
  );
}
