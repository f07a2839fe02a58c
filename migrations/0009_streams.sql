-- Up Migration

-- The tasks that a live stream shows somewhere (docs/adr/0016-streams.md). Of these alone a transition notifies: a
-- commit that has notified takes a lock of the whole server. Who shows a task renews its row; nobody removes it before
-- it expires. Lost in a crash, the rows are written again by those who still want them.
create unlogged table tts_monitor.watches (
  task_id bigint primary key,
  expires_at timestamptz not null
) with (fillfactor = 50);

create function tts_monitor.notify_watched() returns trigger language plpgsql security definer
set search_path = pg_catalog as $$
begin
  if exists (
    select from tts_monitor.watches where task_id = new.id and expires_at > clock_timestamp()
  ) then
    perform pg_notify('tts_monitor_task', new.id::text);
  end if;
  return null;
end
$$;
create trigger tasks_notify_watched after update on tts_monitor.tasks for each row
  when (old.status is distinct from new.status) execute function tts_monitor.notify_watched();

revoke execute on function tts_monitor.notify_watched() from public;
