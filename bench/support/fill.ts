import type pg from "pg";
import { withClient } from "../../test/support/with-client.ts";

type Db = Pick<pg.ClientBase, "query">;

/** A day, s */
export const DAY = 86_400;

// Nine in ten are completed, seven in a hundred fail, three time out.
const STATUS =
  "case when n % 100 < 90 then 'completed' when n % 100 < 97 then 'failed' else 'timeout' end as status";

/**
 * Ended tasks, and their place in the books, faster than row by row: without triggers, and each index at once.
 * @param youngest, oldest age since they ended, s: evenly spread between these
 */
export async function fillEnded(
  pool: pg.Pool,
  count: number,
  youngest: number,
  oldest: number,
): Promise<void> {
  await withClient(pool, async (db) => {
    await db.query(
      "begin; set local session_replication_role = replica; set local maintenance_work_mem = '256MB'",
    );
    const { rows } = await db.query<{ name: string; definition: string }>(
      `select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition
       from pg_index where indrelid = 'tts_monitor.tasks'::regclass and not indisprimary`,
    );
    await db.query(`drop index ${rows.map(({ name }) => name).join(", ")}`);
    await db.query(
      `insert into tts_monitor.tasks
         (text_id, content_hash, status, worker, incarnation, created_at, started_at, deadline_at, finished_at,
          reason, audio_url, filename, file_size)
       select n, md5(n::text) || md5((-n)::text), status, 'worker-' || n % 4, 0,
         ended - interval '20 seconds', ended - interval '15 seconds', ended + interval '40 minutes', ended,
         case status when 'failed' then 'provider_error' when 'timeout' then 'worker_lost' end,
         case status when 'completed' then '/audio/' || n || '.wav' end,
         case status when 'completed' then n || '.wav' end,
         case status when 'completed' then 70000 end
       from (
         select n, ${STATUS},
           clock_timestamp() - ($3::float8 - ($3::float8 - $2::float8) * n / $1::float8) * interval '1 second' as ended
         from generate_series(1, $1::integer) n
       ) task`,
      [count, youngest, oldest],
    );
    for (const { definition } of rows) await db.query(definition);
    await bookRows(db);
    await db.query("commit");
    await db.query("vacuum (analyze) tts_monitor.tasks");
  });
}

/** Sets the books to what the rows say, as if each had come by its triggers. */
async function bookRows(db: Db): Promise<void> {
  await db.query("truncate tts_monitor.task_deltas, tts_monitor.task_totals");
  await db.query(`insert into tts_monitor.task_totals (event, label, bucket, n, micros) ${booksOf("true")}`);
}

const MICROS = (interval: string) => `greatest(0, extract(epoch from ${interval}) * 1000000)::bigint`;

/** A query of what the books ought to say of tasks. @param condition SQL that chooses these */
export function booksOf(condition: string): string {
  return `
    with known as (
      select status,
        case
          when status <> 'completed' then reason
          when finished_at - created_at <= slo_latency then 'in_time'
          else 'too_late'
        end as label,
        ${MICROS("started_at - created_at")} as waited, ${MICROS("finished_at - started_at")} as took
      from tts_monitor.tasks, tts_monitor.settings
      where ${condition}
    ),
    cells as materialized (
      select status, label, tts_monitor.queue_wait_bucket(waited) as wait_bucket,
        tts_monitor.duration_bucket(took) as bucket, count(*) as n, sum(waited) as waited, sum(took) as took
      from known group by 1, 2, 3, 4
    )
    select 'created' as event, '' as label, 0::smallint as bucket, sum(n)::bigint as n, 0::bigint as micros
    from cells having count(*) > 0
    union all
    select 'started', '', wait_bucket, sum(n)::bigint, sum(waited)::bigint
    from cells where waited is not null group by wait_bucket
    union all
    select status, label, bucket, sum(n)::bigint, sum(took)::bigint
    from cells where took is not null group by 1, 2, 3`;
}
