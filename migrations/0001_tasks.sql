-- Up Migration

-- One row for the whole system: what every process must agree on.
create table tts_monitor.settings (
  singleton boolean primary key default true check (singleton),
  concurrency_global integer check (concurrency_global >= 0),
  slo_latency interval not null default interval '60 seconds'
);
insert into tts_monitor.settings default values;

-- A slot name and the process that owns it now. Each process that takes a slot gets a new incarnation.
create sequence tts_monitor.incarnations;
create table tts_monitor.workers (
  worker text primary key check (worker ~ '^[A-Za-z0-9_.-]{1,64}$'),
  incarnation bigint not null default nextval('tts_monitor.incarnations'),
  address text,
  concurrency_limit integer not null default 0 check (concurrency_limit >= 0),
  heartbeat_timeout interval not null default interval '30 seconds',
  version text,
  started_at timestamptz not null default clock_timestamp(),
  heartbeat_at timestamptz not null default clock_timestamp(),
  draining_at timestamptz
) with (fillfactor = 50);

create table tts_monitor.tasks (
  id bigint generated always as identity primary key,
  text_id bigint not null,
  content_hash text check (content_hash ~ '^[0-9a-f]{64}$'),
  status text not null default 'pending'
    check (status in ('pending', 'processing', 'completed', 'failed', 'timeout')),
  worker text,
  incarnation bigint,
  created_at timestamptz not null default clock_timestamp(),
  started_at timestamptz,
  deadline_at timestamptz,
  finished_at timestamptz,
  reason text,
  error_message text check (char_length(error_message) <= 2000),
  audio_url text,
  filename text,
  file_size bigint,
  late_at timestamptz,
  constraint tasks_started_unless_pending check ((status = 'pending') = (started_at is null)),
  constraint tasks_deadline_while_processing check (status <> 'processing' or deadline_at is not null),
  constraint tasks_finished_when_ended
    check ((status in ('completed', 'failed', 'timeout')) = (finished_at is not null)),
  constraint tasks_reason_of_outcome check (
    case status
      when 'failed' then reason is not null and reason in ('provider_error', 'provider_throttled',
        'provider_timeout', 'invalid_input', 'invalid_audio', 'storage_error', 'internal', 'other')
      when 'timeout' then reason is not null and reason in ('deadline_exceeded', 'worker_lost')
      else reason is null
    end
  )
) with (fillfactor = 85);

-- Idempotency: one living task for a content. Everything else here keeps a question about living tasks as
-- cheap at 100 million rows as at ten thousand, because the living are few.
create unique index tasks_alive_content on tts_monitor.tasks (content_hash)
  where status in ('pending', 'processing');
create index tasks_pending on tts_monitor.tasks (created_at, id) where status = 'pending';
create index tasks_processing_deadline on tts_monitor.tasks (deadline_at) where status = 'processing';
create index tasks_processing_worker on tts_monitor.tasks (worker) where status = 'processing';
create index tasks_completed_content on tts_monitor.tasks (content_hash, finished_at)
  where status = 'completed';
create index tasks_of_text on tts_monitor.tasks (text_id, id);
create index tasks_ended on tts_monitor.tasks (status, finished_at desc, id);

-- A text whose content another text's task answers for.
create table tts_monitor.followers (
  text_id bigint not null,
  task_id bigint not null references tts_monitor.tasks (id) on delete cascade,
  followed_at timestamptz not null default clock_timestamp(),
  primary key (text_id, task_id)
);
create index followers_of_task on tts_monitor.followers (task_id);

-- Rows that arrive in a later state (imports, operators' repairs) may leave out what can be derived. A row that
-- moves on does so now.
create function tts_monitor.complete_row() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' then
    new.started_at := coalesce(new.started_at, clock_timestamp());
  end if;
  new.started_at := coalesce(new.started_at, new.finished_at, new.created_at);
  if new.status = 'processing' then
    new.deadline_at := coalesce(new.deadline_at, new.started_at + interval '40 minutes');
  else
    new.finished_at := coalesce(new.finished_at, clock_timestamp());
    if new.reason is null and new.status = 'failed' then
      new.reason := 'other';
    elsif new.reason is null and new.status = 'timeout' then
      new.reason := 'deadline_exceeded';
    end if;
  end if;
  return new;
end
$$;
create trigger tasks_complete_row before insert or update on tts_monitor.tasks for each row
  when (new.status <> 'pending' and (
    new.started_at is null
    or (new.status = 'processing' and new.deadline_at is null)
    or (new.status <> 'processing' and new.finished_at is null)
    or (new.status in ('failed', 'timeout') and new.reason is null)))
  execute function tts_monitor.complete_row();

-- The state machine (src/domain/task.ts), held by the database itself: no program, old, new or foreign, can
-- end a task twice.
create function tts_monitor.refuse_move() returns trigger language plpgsql as $$
begin
  raise exception 'task % cannot move from % to %', old.id, old.status, new.status
    using errcode = 'check_violation';
end
$$;
create trigger tasks_refuse_move before update on tts_monitor.tasks for each row
  when (old.status <> new.status and not (
    (old.status = 'pending' and new.status = 'processing')
    or (old.status = 'processing' and new.status in ('completed', 'failed', 'timeout'))))
  execute function tts_monitor.refuse_move();

create function tts_monitor.refuse_removal() returns trigger language plpgsql as $$
begin
  if tg_op = 'TRUNCATE' then
    raise exception 'tts_monitor.tasks cannot be truncated: its ledger counts the rows; delete ended ones instead'
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  raise exception 'task % is % and cannot be deleted before it has ended', old.id, old.status
    using errcode = 'object_not_in_prerequisite_state';
end
$$;
create trigger tasks_refuse_delete before delete on tts_monitor.tasks for each row
  when (old.status in ('pending', 'processing')) execute function tts_monitor.refuse_removal();
create trigger tasks_refuse_truncate before truncate on tts_monitor.tasks for each statement
  execute function tts_monitor.refuse_removal();

-- Who is heard from. A database that was away could hear nobody, so nobody is lost before one heartbeat
-- timeout has passed since its start. Draining is a goodbye, not an excuse: a silent drainer is lost too.
create view tts_monitor.worker_states as
select
  w.*,
  clock_timestamp() - w.heartbeat_at as heartbeat_age,
  clock_timestamp() - greatest(w.heartbeat_at, pg_postmaster_start_time()) as silence,
  case
    when greatest(w.heartbeat_at, pg_postmaster_start_time()) < clock_timestamp() - w.heartbeat_timeout then 'lost'
    when w.draining_at is not null then 'draining'
    else 'live'
  end as state
from tts_monitor.workers w;

-- Whether one more task may start under the global limit. The lock makes starters take turns, only while a
-- limit is set and only until their commit; a volatile function's queries see what was committed while it
-- waited, which the calling statement's own snapshot would not.
create function tts_monitor.may_start() returns boolean language plpgsql volatile cost 10000 as $$
begin
  if (select concurrency_global is null from tts_monitor.settings) then
    return true;
  end if;
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'a task cannot be started under the global limit in a % transaction: use read committed',
      current_setting('transaction_isolation') using errcode = 'object_not_in_prerequisite_state';
  end if;
  perform pg_advisory_xact_lock(hashtextextended('tts_monitor.may_start', 0));
  return (select count(*) from tts_monitor.tasks where status = 'processing')
    < coalesce((select concurrency_global from tts_monitor.settings), 2147483647);
end
$$;

-- What ought to have ended: past its deadline, or its worker's process silent, replaced or unknown. `since` is
-- when it became overdue; `patience` is how long its worker may be silent.
create view tts_monitor.overdue_tasks as
select t.id, t.text_id, t.worker, 'deadline_passed' as cause, t.deadline_at as since, interval '0' as patience
from tts_monitor.tasks t
where t.status = 'processing' and t.deadline_at <= clock_timestamp()
union all
select id, text_id, worker, 'heartbeat_stale', since, patience
from (
  select
    t.id, t.text_id, t.worker,
    case
      when w.worker is null then greatest(t.started_at, pg_postmaster_start_time()) + interval '30 seconds'
      when t.incarnation <> w.incarnation then greatest(w.started_at, t.started_at)
      else greatest(w.heartbeat_at, pg_postmaster_start_time()) + w.heartbeat_timeout
    end as since,
    case
      when w.worker is null then interval '30 seconds'
      when t.incarnation <> w.incarnation then interval '0'
      else w.heartbeat_timeout
    end as patience
  from tts_monitor.tasks t left join tts_monitor.workers w on w.worker = t.worker
  where t.status = 'processing' and t.worker is not null and t.deadline_at > clock_timestamp()
) silent
where since <= clock_timestamp();
