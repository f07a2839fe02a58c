-- Up Migration

-- The books. Every transition appends one delta; `fold` moves deltas into totals; a reader adds both up in one
-- snapshot. Append-only and without an index, so that no writer ever waits for another.
--
-- event        label                          bucket              n           micros
-- created                                                         +1
-- started                                     of the queue wait   +1          queue wait
-- completed    in_time | too_late (SLO)       of the duration     +1          duration
-- failed       reason                         of the duration     +1          duration
-- timeout      reason                         of the duration     +1          duration
-- deleted      status of the row                                  +1
-- deduplicated                                                    +1
-- late                                                            +1
--
-- Times are whole microseconds, because sums of floats depend on their order and a counter must never fall.
create table tts_monitor.task_deltas (
  event text not null,
  label text not null default '',
  bucket smallint not null default 0,
  n bigint not null default 1,
  micros bigint not null default 0
) with (
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0,
  autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 100000
);

create table tts_monitor.task_totals (
  event text not null,
  label text not null,
  bucket smallint not null,
  n bigint not null,
  micros bigint not null,
  primary key (event, label, bucket)
) with (
  fillfactor = 20,
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0
);

create view tts_monitor.task_ledger as
select event, label, bucket, sum(n)::bigint as n, sum(micros)::bigint as micros
from (select * from tts_monitor.task_totals union all select * from tts_monitor.task_deltas) entries
group by event, label, bucket;

-- Index of the smallest upper bound that holds the value, as in Prometheus' inclusive `le`; the count of
-- bounds means +Inf. The bounds are those of src/domain/buckets.ts.
create function tts_monitor.queue_wait_bucket(micros bigint) returns smallint language sql immutable as $$
  select width_bucket(micros - 1, array[100000, 500000, 1000000, 2500000, 5000000, 10000000, 30000000,
    60000000, 120000000, 300000000, 900000000, 1800000000]::bigint[])::smallint
$$;
create function tts_monitor.duration_bucket(micros bigint) returns smallint language sql immutable as $$
  select width_bucket(micros - 1, array[500000, 1000000, 2500000, 5000000, 10000000, 20000000, 30000000,
    60000000, 120000000, 300000000, 600000000, 1200000000, 2400000000]::bigint[])::smallint
$$;

-- Row triggers whose WHEN lets nothing but a transition through: measured faster than statement triggers with
-- transition tables for the single-row statements that tasks live by (docs/adr/0003-append-only-ledger.md).
create function tts_monitor.record_created() returns trigger language plpgsql security definer
set search_path = pg_catalog as $$
begin
  insert into tts_monitor.task_deltas (event) values ('created');
  return null;
end
$$;

create function tts_monitor.record_started() returns trigger language plpgsql security definer
set search_path = pg_catalog as $$
declare
  waited bigint := greatest(0, extract(epoch from new.started_at - new.created_at) * 1000000);
begin
  insert into tts_monitor.task_deltas (event, bucket, micros)
  values ('started', tts_monitor.queue_wait_bucket(waited), waited);
  return null;
end
$$;

create function tts_monitor.record_ended() returns trigger language plpgsql security definer
set search_path = pg_catalog as $$
declare
  took bigint := greatest(0, extract(epoch from new.finished_at - new.started_at) * 1000000);
begin
  insert into tts_monitor.task_deltas (event, label, bucket, micros)
  values (
    new.status,
    case
      when new.status <> 'completed' then new.reason
      when new.finished_at - new.created_at <= (select slo_latency from tts_monitor.settings) then 'in_time'
      else 'too_late'
    end,
    tts_monitor.duration_bucket(took),
    took
  );
  return null;
end
$$;

create function tts_monitor.record_late() returns trigger language plpgsql security definer
set search_path = pg_catalog as $$
begin
  insert into tts_monitor.task_deltas (event) values ('late');
  return null;
end
$$;

create function tts_monitor.record_deleted() returns trigger language plpgsql security definer
set search_path = pg_catalog as $$
begin
  insert into tts_monitor.task_deltas (event, label, n)
  select 'deleted', status, count(*) from deleted_rows group by status;
  return null;
end
$$;

create trigger tasks_record_created after insert on tts_monitor.tasks for each row
  execute function tts_monitor.record_created();
create trigger tasks_record_inserted_start after insert on tts_monitor.tasks for each row
  when (new.status <> 'pending') execute function tts_monitor.record_started();
create trigger tasks_record_inserted_end after insert on tts_monitor.tasks for each row
  when (new.status in ('completed', 'failed', 'timeout')) execute function tts_monitor.record_ended();
create trigger tasks_record_started after update on tts_monitor.tasks for each row
  when (old.status = 'pending' and new.status = 'processing') execute function tts_monitor.record_started();
create trigger tasks_record_ended after update on tts_monitor.tasks for each row
  when (old.status = 'processing' and new.status <> 'processing') execute function tts_monitor.record_ended();
create trigger tasks_record_late after update on tts_monitor.tasks for each row
  when (old.late_at is distinct from new.late_at) execute function tts_monitor.record_late();
create trigger tasks_record_deleted after delete on tts_monitor.tasks
  referencing old table as deleted_rows for each statement execute function tts_monitor.record_deleted();

-- Creating a trigger asks for this right, firing it does not: or else whoever may read this schema could put these
-- on a table of his own and forge the books with their owner's rights.
revoke execute on function tts_monitor.record_created(), tts_monitor.record_started(), tts_monitor.record_ended(),
  tts_monitor.record_late(), tts_monitor.record_deleted() from public;
