-- Up Migration

-- The lists (docs/adr/0014-lists.md). In the order of a row comparison, so that a page begins in the index where the
-- page before it ended; of ended rows only, so that a task enters each index once in its life, when it ends.
drop index tts_monitor.tasks_ended;
create index tasks_ended on tts_monitor.tasks (status, finished_at, id) where finished_at is not null;
create index tasks_ended_of_worker on tts_monitor.tasks (worker, status, finished_at, id)
  where finished_at is not null;
-- Texts whose newest task went wrong are among these, or follow another text's task.
create index tasks_gone_wrong on tts_monitor.tasks (text_id) where status in ('failed', 'timeout');
