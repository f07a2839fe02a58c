import type pg from "pg";
import { COMPLETED_TEXTS, TEXTS } from "./counts.ts";

const MICROS = (interval: string) => `greatest(0, extract(epoch from ${interval}) * 1000000)::bigint`;

/** Books the tasks that ended, of ids above $1, as the triggers and the fold would have. */
export const BOOK_TASKS = `
  insert into tts_monitor.task_totals (event, label, bucket, n, micros)
  with ended as (
    select status,
      case
        when status <> 'completed' then reason
        when finished_at - created_at <= slo_latency then 'in_time'
        else 'too_late'
      end as label,
      ${MICROS("started_at - created_at")} as waited, ${MICROS("finished_at - started_at")} as took
    from tts_monitor.tasks, tts_monitor.settings
    where id > $1::bigint and finished_at is not null
  ),
  cells as materialized (
    select status, label, tts_monitor.queue_wait_bucket(waited) as wait_bucket,
      tts_monitor.duration_bucket(took) as bucket, count(*) as n, sum(waited) as waited, sum(took) as took
    from ended group by 1, 2, 3, 4
  )
  select 'created', '', 0, sum(n), 0 from cells having count(*) > 0
  union all select 'started', '', wait_bucket, sum(n), sum(waited) from cells group by wait_bucket
  union all select status, label, bucket, sum(n), sum(took) from cells group by 1, 2, 3
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
  const body = await scrape();
  const wrong = rows.filter(({ name, n }) => sampleOf(body, name) !== Number(n));
  const told = wrong.map(({ name, n }) => `${name} is ${sampleOf(body, name)}, and ${n} in the rows`);
  if (wrong.length > 0) throw new Error(`the scrape's totals are wrong: ${told.join("; ")}`);
}

/** The value of a sample; NaN where there is none. @param name with its labels */
export function sampleOf(body: string, name: string): number {
  const line = body.split("\n").find((each) => each.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1) ?? Number.NaN);
}
