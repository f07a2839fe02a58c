import type { Repair } from "../domain/repair.ts";
import type { Queryable } from "./pool.ts";

/**
 * Books the repair. Ends that were missed are taken from the newest rows of their status, with reason and times as
 * the triggers would have booked them; what has no row to go by is booked with no time.
 */
export async function bookRepair(db: Queryable, repair: Repair): Promise<void> {
  const { created, started, ended, vanished, deleted } = repair;
  await db.query(
    `with missed as materialized (
       select newest.* from unnest($1::text[], $2::bigint[]) as wanted (status, n)
       cross join lateral (
         select t.status, t.reason, t.created_at, t.started_at, t.finished_at from tts_monitor.tasks t
         where t.status = wanted.status order by t.finished_at desc, t.id limit wanted.n
       ) newest
     ),
     ends as materialized (
       select
         status as event,
         case
           when status <> 'completed' then reason
           when finished_at - created_at <= (select slo_latency from tts_monitor.settings) then 'in_time'
           else 'too_late'
         end as label,
         greatest(0, extract(epoch from finished_at - started_at) * 1000000)::bigint as micros
       from missed
     ),
     starts as materialized (
       select greatest(0, extract(epoch from started_at - created_at) * 1000000)::bigint as micros
       from missed order by finished_at desc limit $3
     )
     insert into tts_monitor.task_deltas (event, label, bucket, n, micros)
     select event, label, bucket, n, micros
     from (
       select 'started' as event, '' as label, tts_monitor.queue_wait_bucket(micros) as bucket,
         count(*) as n, sum(micros) as micros
       from starts group by 3
       union all
       select event, label, tts_monitor.duration_bucket(micros), count(*), sum(micros) from ends group by 1, 2, 3
       union all
       select wanted.status,
         case wanted.status when 'completed' then 'too_late' when 'failed' then 'other' else 'deadline_exceeded' end,
         0, wanted.n - (select count(*) from ends where event = wanted.status), 0
       from unnest($1::text[], $2::bigint[]) as wanted (status, n)
       union all
       select 'deleted', gone.status, 0, gone.n, 0 from unnest($1::text[], $4::bigint[]) as gone (status, n)
       union all
       values ('created', '', 0, $5::bigint, 0),
         ('started', '', 0, $3::bigint - (select count(*) from starts), 0),
         ('failed', 'other', 0, $6::bigint, 0),
         ('deleted', 'failed', 0, $6::bigint, 0)
     ) bookings
     where n > 0`,
    [Object.keys(ended), Object.values(ended), started, columnOf(ended, deleted), created, vanished],
  );
}

/** The values of one record in the order of another's keys. */
function columnOf<Key extends string>(order: Record<Key, number>, values: Record<Key, number>): number[] {
  return Object.keys(order).map((key) => values[key as Key]);
}
