import type pg from "pg";
import { parseSamples } from "../../src/demo/totals.ts";
import { booksOf } from "../support/fill.ts";
import { COMPLETED_TEXTS, TEXTS } from "./counts.ts";

/** Books the tasks that ended, of ids above $1, as the triggers and the fold would have. */
export const BOOK_TASKS = `
  insert into tts_monitor.task_totals (event, label, bucket, n, micros)
  ${booksOf("id > $1::bigint and finished_at is not null")}
  on conflict (event, label, bucket) do update
    set n = task_totals.n + excluded.n, micros = task_totals.micros + excluded.micros`;

/** Books the texts of ids from $1 to $2, and their audios. */
export const BOOK_TEXTS = `
  with states as (
    insert into tts_monitor.text_states (text_id, alive, valid_audios)
    select t.id, tts_monitor.is_alive(t.is_deleted), coalesce(a.n, 0)
    from tts_texts t
    left join (
      select text_id, count(*) as n from tts_audios
      where text_id between $1::bigint and $2::bigint and is_deleted = 0 and file_size >= 5000 group by text_id
    ) a on a.text_id = t.id
    where t.id between $1::bigint and $2::bigint and (t.is_deleted = 0 or a.n > 0)
    returning alive, valid_audios
  )
  update tts_monitor.text_totals set
    texts = texts + (select coalesce(sum(alive), 0) from states),
    completed = completed + (select coalesce(sum(tts_monitor.is_completed(alive, valid_audios)), 0) from states)`;

/** Metrics that have to be what their rows come to. */
const RECOUNT = `
  select 'tts_db_tasks{status="' || status || '"}' as name, count(*)::text as n
  from tts_monitor.tasks group by status
  union all
  select 'tts_db_task_failures_total{reason="' || reason || '"}', count(*)::text
  from tts_monitor.tasks where reason is not null group by reason
  union all
  select 'tts_db_tasks_created_total', count(*)::text from tts_monitor.tasks
  union all
  select 'tts_db_texts', (${TEXTS})::text
  union all
  select 'tts_db_texts_completed', (${COMPLETED_TEXTS})::text`;

/**
 * Compares a scrape with the rows; nobody may write meanwhile.
 * @throws where they differ
 */
export async function checkTotals(pool: pg.Pool, scrape: () => Promise<string>): Promise<void> {
  const { rows } = await pool.query<{ name: string; n: string }>(RECOUNT);
  const samples = parseSamples(await scrape());
  const wrong = rows.filter(({ name, n }) => samples.get(name) !== Number(n));
  const told = wrong.map(({ name, n }) => `${name} is ${samples.get(name)}, and ${n} in the rows`);
  if (wrong.length > 0) throw new Error(`the scrape's totals are wrong: ${told.join("; ")}`);
}
