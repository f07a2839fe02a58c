-- Up Migration

-- Under the global limit tasks start in the order of their age: since when the worker that waits with a task has
-- had a slot for it. Null: it waits for a slot of its own worker, and must not hold up others.
alter table tts_monitor.tasks add column ready_at timestamptz;
create index tasks_ready on tts_monitor.tasks (created_at, id) where status = 'pending' and ready_at is not null;

-- Whether this task may start under the global limit: there is a free slot, also after all older ones that are
-- ready. The lock and the isolation as in may_start(), which programs of schema version 3 call.
create function tts_monitor.may_start(created timestamptz, task bigint) returns boolean
language plpgsql volatile cost 10000 as $$
declare
  free bigint;
begin
  if (select concurrency_global is null from tts_monitor.settings) then
    return true;
  end if;
  if not tts_monitor.may_start() then
    return false;
  end if;
  select s.concurrency_global - (select count(*) from tts_monitor.tasks where status = 'processing')
  into free from tts_monitor.settings s;
  return free is null or free > (
    select count(*) from (
      select from tts_monitor.tasks t
      join tts_monitor.worker_states w on w.worker = t.worker and w.incarnation = t.incarnation
      where t.status = 'pending' and t.ready_at is not null and (t.created_at, t.id) < (created, task)
        and w.state = 'live'
      limit free
    ) older
  );
end
$$;

comment on column tts_monitor.task_deltas.event is
  'as in 0002_ledger.sql, and slot_conflict: a process that lives found another one in its slot name';
