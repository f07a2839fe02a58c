-- Up Migration

-- The same kind of books for the application's texts and audios, fed by triggers that
-- `migrate --track-app-tables` puts on its tables. Deltas name the text, because whether a text is completed
-- (alive with at least one valid audio) depends on all of its deltas together; `fold` applies them to the
-- text's state. So concurrent first audios of one text count once, and no writer waits for another.
create table tts_monitor.text_deltas (
  text_id bigint not null,
  alive smallint not null default 0,
  valid_audios bigint not null default 0
) with (
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0,
  autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 100000
);

create table tts_monitor.text_states (
  text_id bigint primary key,
  alive bigint not null,
  valid_audios bigint not null
) with (fillfactor = 80);

create table tts_monitor.text_totals (
  singleton boolean primary key default true check (singleton),
  texts bigint not null default 0,
  completed bigint not null default 0
) with (fillfactor = 20);
insert into tts_monitor.text_totals default values;

create function tts_monitor.is_completed(alive bigint, valid_audios bigint) returns integer
language sql immutable as $$ select (alive > 0 and valid_audios > 0)::integer $$;

create view tts_monitor.text_ledger as
with touched as (
  select text_id, sum(alive)::bigint as alive, sum(valid_audios)::bigint as valid_audios
  from tts_monitor.text_deltas group by text_id
),
changes as (
  select
    t.alive as texts,
    tts_monitor.is_completed(coalesce(s.alive, 0) + t.alive, coalesce(s.valid_audios, 0) + t.valid_audios)
      - tts_monitor.is_completed(coalesce(s.alive, 0), coalesce(s.valid_audios, 0)) as completed
  from touched t left join tts_monitor.text_states s using (text_id)
)
select
  (totals.texts + (select coalesce(sum(texts), 0) from changes))::bigint as texts,
  (totals.completed + (select coalesce(sum(completed), 0) from changes))::bigint as completed
from tts_monitor.text_totals totals;

create function tts_monitor.is_alive(is_deleted bigint) returns smallint
language sql immutable as $$ select coalesce((is_deleted = 0)::integer, 0)::smallint $$;
create function tts_monitor.is_valid_audio(is_deleted bigint, file_size bigint) returns smallint
language sql immutable as $$ select coalesce((is_deleted = 0 and file_size >= 5000)::integer, 0)::smallint $$;

create function tts_monitor.record_texts() returns trigger language plpgsql security definer
set search_path = pg_catalog as $$
begin
  insert into tts_monitor.text_deltas (text_id, alive)
  select id, case tg_op when 'INSERT' then 1 else -1 end
  from changed_rows where tts_monitor.is_alive(is_deleted) = 1;
  return null;
end
$$;

create function tts_monitor.record_text_update() returns trigger language plpgsql security definer
set search_path = pg_catalog as $$
begin
  insert into tts_monitor.text_deltas (text_id, alive)
  values (old.id, -tts_monitor.is_alive(old.is_deleted)), (new.id, tts_monitor.is_alive(new.is_deleted));
  return null;
end
$$;

create function tts_monitor.record_audios() returns trigger language plpgsql security definer
set search_path = pg_catalog as $$
begin
  insert into tts_monitor.text_deltas (text_id, valid_audios)
  select text_id, case tg_op when 'INSERT' then 1 else -1 end
  from changed_rows where text_id is not null and tts_monitor.is_valid_audio(is_deleted, file_size) = 1;
  return null;
end
$$;

create function tts_monitor.record_audio_update() returns trigger language plpgsql security definer
set search_path = pg_catalog as $$
begin
  insert into tts_monitor.text_deltas (text_id, valid_audios)
  select text_id, valid_audios
  from (values
    (old.text_id::bigint, -tts_monitor.is_valid_audio(old.is_deleted, old.file_size)),
    (new.text_id::bigint, tts_monitor.is_valid_audio(new.is_deleted, new.file_size))
  ) changes (text_id, valid_audios)
  where text_id is not null and valid_audios <> 0;
  return null;
end
$$;

-- A truncated table has no rows to look at: everything it contributed, folded or not, is taken back.
create function tts_monitor.record_truncation() returns trigger language plpgsql security definer
set search_path = pg_catalog as $$
begin
  insert into tts_monitor.text_deltas (text_id, alive, valid_audios)
  select
    text_id,
    case tg_argv[0] when 'texts' then -sum(alive) else 0 end,
    case tg_argv[0] when 'audios' then -sum(valid_audios) else 0 end
  from (
    select text_id, alive, valid_audios from tts_monitor.text_states
    union all select text_id, alive, valid_audios from tts_monitor.text_deltas
  ) entries
  group by text_id
  having case tg_argv[0] when 'texts' then sum(alive) else sum(valid_audios) end <> 0;
  return null;
end
$$;

-- As for those of the tasks.
revoke execute on function tts_monitor.record_texts(), tts_monitor.record_text_update(),
  tts_monitor.record_audios(), tts_monitor.record_audio_update(), tts_monitor.record_truncation() from public;
