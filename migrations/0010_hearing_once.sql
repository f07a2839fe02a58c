-- Up Migration

-- As before, but `limit 1` keeps it whole within the queries that use it: there it was worked out again for each worker
-- and each task in processing, each time from all workers. A thousand workers made a million of it in each scrape.
create or replace view tts_monitor.hearing as
select greatest(
  pg_postmaster_start_time(),
  since,
  case when answered_at < statement_timestamp() - tts_monitor.longest_gap() then statement_timestamp() end
) as since
from tts_monitor.reachability limit 1;
