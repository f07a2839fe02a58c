-- Up Migration

-- As before, but since when workers could be heard is asked for by a query of its own in the statement, which is worked
-- out once and first. As a table to join it could be read again for each task in processing, with all that its many
-- updates have left behind: of a scrape's 1,054 buffers that was 700.
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
      when w.worker is null
        then greatest(t.started_at, (select since from tts_monitor.hearing)) + interval '30 seconds'
      when t.incarnation <> w.incarnation then greatest(w.started_at, t.started_at)
      else greatest(w.heartbeat_at, (select since from tts_monitor.hearing)) + w.heartbeat_timeout
    end as since,
    case
      when w.worker is null then interval '30 seconds'
      when t.incarnation <> w.incarnation then interval '0'
      else w.heartbeat_timeout
    end as patience
  from tts_monitor.tasks t
  left join tts_monitor.workers w on w.worker = t.worker
  where t.status = 'processing' and t.worker is not null and t.deadline_at > statement_timestamp()
) silent
where since <= statement_timestamp();

create or replace view tts_monitor.worker_states as
select
  w.*,
  statement_timestamp() - w.heartbeat_at as heartbeat_age,
  statement_timestamp() - greatest(w.heartbeat_at, (select since from tts_monitor.hearing)) as silence,
  case
    when greatest(w.heartbeat_at, (select since from tts_monitor.hearing))
      < statement_timestamp() - w.heartbeat_timeout then 'lost'
    when w.draining_at is not null then 'draining'
    else 'live'
  end as state
from tts_monitor.workers w;
