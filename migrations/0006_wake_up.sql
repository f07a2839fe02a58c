-- Up Migration

-- Wakes the workers that look for pending tasks (docs/adr/0011-wake-up.md), for tasks alone that nobody waits with: a
-- commit that has notified takes a lock of the whole server, which the tasks of `run`, owned from the start, must not
-- pay for.
create function tts_monitor.notify_pending() returns trigger language plpgsql as $$
begin
  perform pg_notify('tts_monitor_pending', '');
  return null;
end
$$;
create trigger tasks_notify_recorded after insert on tts_monitor.tasks for each row
  when (new.status = 'pending' and new.worker is null) execute function tts_monitor.notify_pending();
create trigger tasks_notify_disowned after update of worker on tts_monitor.tasks for each row
  when (new.status = 'pending' and new.worker is null and old.worker is not null)
  execute function tts_monitor.notify_pending();
