import type pg from "pg";
import { DURATION_BUCKETS, QUEUE_WAIT_BUCKETS } from "../../src/domain/buckets.ts";

type Db = Pick<pg.ClientBase, "query">;

/** One line of the books, as text: `event/label/bucket` → `n` and `micros`. */
export type Books = Record<string, { n: string; micros: string }>;

interface Line {
  key: string;
  n: string;
  micros: string;
}

/** What the ledger says: totals and deltas together. */
export async function readBooks(db: Db): Promise<Books> {
  const { rows } = await db.query<Line>(
    `select event || '/' || label || '/' || bucket as key, n::text, micros::text from tts_monitor.task_ledger`,
  );
  return toBooks(rows);
}

// Written without any function of the migrations: what is proved here is that those count right.
const MICROS = (interval: string) =>
  `greatest(0, date_part('epoch', date_trunc('minute', ${interval}))::bigint * 1000000
     + date_part('microseconds', ${interval})::bigint)`;
const BUCKET = (micros: string, bounds: string) =>
  `(select count(*) from unnest(${bounds}::numeric[]) bound where ${micros} > bound * 1000000)`;

/**
 * What the ledger ought to say, counted from the rows.
 * @param gone a table with the rows that were deleted, in the same columns
 */
export async function recount(db: Db, gone: string): Promise<Books> {
  const { rows } = await db.query<Line>(
    `with known as (select * from tts_monitor.tasks union all select * from ${gone}),
     observed as (
       select 'created' as event, '' as label, 0 as bucket, 0 as micros from known
       union all
       select 'started', '', ${BUCKET("waited", "$1")}, waited
       from (select ${MICROS("started_at - created_at")} as waited from known where status <> 'pending') w
       union all
       select status, label, ${BUCKET("took", "$2")}, took
       from (
         select status, ${MICROS("finished_at - started_at")} as took,
           case when status <> 'completed' then reason
             when finished_at > created_at + interval '1 minute' then 'too_late' else 'in_time' end as label
         from known where status in ('completed', 'failed', 'timeout')
       ) e
       union all
       select 'deleted', status, 0, 0 from ${gone}
     )
     select event || '/' || label || '/' || bucket as key, count(*)::text as n, sum(micros)::text as micros
     from observed group by event, label, bucket`,
    [QUEUE_WAIT_BUCKETS, DURATION_BUCKETS],
  );
  return toBooks(rows);
}

/** Keys whose count or sum is lower than before. */
export function fallen(before: Books, after: Books): string[] {
  return Object.keys(before).filter((key) => {
    const [old, now] = [before[key], after[key]];
    return old && (!now || BigInt(now.n) < BigInt(old.n) || BigInt(now.micros) < BigInt(old.micros));
  });
}

export interface TextCount {
  texts: string;
  completed: string;
}

/** What the texts' ledger says. */
export async function readTextBooks(db: Db): Promise<TextCount | undefined> {
  const { rows } = await db.query<TextCount>(
    "select texts::text, completed::text from tts_monitor.text_ledger",
  );
  return rows[0];
}

/** The definition, literally: texts not deleted, and distinct ones among them with a valid audio. */
export async function countTexts(db: Db): Promise<TextCount | undefined> {
  const { rows } = await db.query<TextCount>(
    `select
       (select count(*) from tts_texts where is_deleted = 0)::text as texts,
       (select count(distinct t.id) from tts_texts t join tts_audios a on a.text_id = t.id
        where t.is_deleted = 0 and a.is_deleted = 0 and a.file_size >= 5000)::text as completed`,
  );
  return rows[0];
}

function toBooks(lines: readonly Line[]): Books {
  return Object.fromEntries(lines.map(({ key, n, micros }) => [key, { n, micros }]));
}
