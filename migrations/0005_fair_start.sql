-- Up Migration

-- Under the global limit tasks start in the order of their age: since when the worker that waits with a task has
-- had a slot for it. Null: it waits for a slot of its own worker, and must not hold up others.
alter table tts_monitor.tasks add column ready_at timestamptz;
create index tasks_ready on tts_monitor.tasks (created_at, id) where status = 'pending' and ready_at is not null;

-- How many more tasks may start under the global limit; null: as many as like. The lock makes starters take turns, only
-- while a limit is set and only until their commit; a volatile function's queries see what was committed while it
-- waited, which the calling statement's own snapshot would not.
create function tts_monitor.free_slots() returns bigint language plpgsql volatile as $$
begin
  if (select concurrency_global is null from tts_monitor.settings) then
    return null;
  end if;
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'a task cannot be started under the global limit in a % transaction: use read committed',
      current_setting('transaction_isolation') using errcode = 'object_not_in_prerequisite_state';
  end if;
  perform pg_advisory_xact_lock(hashtextextended('tts_monitor.may_start', 0));
  return (
    select concurrency_global - (select count(*) from tts_monitor.tasks where status = 'processing')
    from tts_monitor.settings
  );
end
$$;

-- As before, for programs of schema version 3: without an order.
create or replace function tts_monitor.may_start() returns boolean language plpgsql volatile cost 10000 as $$
begin
  return coalesce(tts_monitor.free_slots() > 0, true);
end
$$;

-- Whether this task may start: there is a free slot, also after all older ones that are ready.
create function tts_monitor.may_start(created timestamptz, task bigint) returns boolean
language plpgsql volatile cost 10000 as $$
declare
  free bigint := tts_monitor.free_slots();
begin
  return free is null or free > 0 and free > (
    select count(*) from (
      select from tts_monitor.tasks t
      join tts_monitor.worker_states w on w.worker = t.worker and w.incarnation = t.incarnation
      where t.status = 'pending' and t.ready_at is not null and (t.created_at, t.id) < (created, task)
        and w.state = 'live'
      limit greatest(free, 0)
    ) older
  );
end
$$;

comment on column tts_monitor.task_deltas.event is
  'as in 0002_ledger.sql, and slot_conflict: a process that lives found another one in its slot name';
