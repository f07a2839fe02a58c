-- Up Migration

-- Since when the database has been answering. Silence counts against a worker only while it could have been
-- heard, and that knowledge must outlive every process and move with the data to a promoted standby, so it is kept
-- here: whoever gets an answer notes the time, and the first to notice a gap notes that the count begins anew
-- (docs/adr/0012-reachability.md).
create table tts_monitor.reachability (
  singleton boolean primary key default true check (singleton),
  answered_at timestamptz not null default clock_timestamp(),
  since timestamptz not null default '-infinity'
) with (fillfactor = 20);
insert into tts_monitor.reachability default values;

-- Tells this database from others: what a worker has spooled for one must not be written to another.
alter table tts_monitor.settings add column installation uuid not null default gen_random_uuid();

-- The longest time without any answer that is not an outage: exporters note one twice a second, so it lies far
-- above that, and below what a living worker may be silent.
create function tts_monitor.longest_gap() returns interval language sql stable as $$
  select greatest(min(heartbeat_timeout) / 2, interval '1.5 seconds') from tts_monitor.workers
$$;

-- A clock that was set back is a gap too. Who finds the row locked leaves it to the one that has it.
create function tts_monitor.note_answer() returns void language plpgsql volatile security definer
set search_path = pg_catalog as $$
declare
  instant timestamptz := clock_timestamp();
begin
  update tts_monitor.reachability set
    since = case
      when answered_at between instant - tts_monitor.longest_gap() and instant + interval '1 second' then since
      else instant
    end,
    answered_at = instant
  where singleton = any(array(
    select singleton from tts_monitor.reachability
    where answered_at not between instant - interval '0.25 seconds' and instant + interval '1 second'
    for update skip locked
  ));
end
$$;

create function tts_monitor.note_heartbeat() returns trigger language plpgsql as $$
begin
  perform tts_monitor.note_answer();
  return null;
end
$$;
create trigger workers_note_heartbeat after insert or update on tts_monitor.workers
  for each statement execute function tts_monitor.note_heartbeat();

-- From when on nobody who lives could be unheard. One instant for all of a statement: what was frozen half-way
-- must not compare times from before with times from after.
create view tts_monitor.hearing as
select greatest(
  pg_postmaster_start_time(),
  since,
  case when answered_at < statement_timestamp() - tts_monitor.longest_gap() then statement_timestamp() end
) as since
from tts_monitor.reachability;

create or replace view tts_monitor.worker_states as
select
  w.*,
  statement_timestamp() - w.heartbeat_at as heartbeat_age,
  statement_timestamp() - greatest(w.heartbeat_at, hearing.since) as silence,
  case
    when greatest(w.heartbeat_at, hearing.since) < statement_timestamp() - w.heartbeat_timeout then 'lost'
    when w.draining_at is not null then 'draining'
    else 'live'
  end as state
from tts_monitor.workers w cross join tts_monitor.hearing;

-- `patience` is what programs of schema version 3 go by.
create or replace view tts_monitor.overdue_tasks as
select t.id, t.text_id, t.worker, 'deadline_passed' as cause, t.deadline_at as since, interval '0' as patience
from tts_monitor.tasks t
where t.status = 'processing' and t.deadline_at <= statement_timestamp()
union all
select id, text_id, worker, 'heartbeat_stale', since, patience
from (
  select
    t.id, t.text_id, t.worker,
    case
      when w.worker is null then greatest(t.started_at, hearing.since) + interval '30 seconds'
      when t.incarnation <> w.incarnation then greatest(w.started_at, t.started_at)
      else greatest(w.heartbeat_at, hearing.since) + w.heartbeat_timeout
    end as since,
    case
      when w.worker is null then interval '30 seconds'
      when t.incarnation <> w.incarnation then interval '0'
      else w.heartbeat_timeout
    end as patience
  from tts_monitor.tasks t
  cross join tts_monitor.hearing
  left join tts_monitor.workers w on w.worker = t.worker
  where t.status = 'processing' and t.worker is not null and t.deadline_at > statement_timestamp()
) silent
where since <= statement_timestamp();
