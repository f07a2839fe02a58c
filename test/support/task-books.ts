import type { Queryable } from "../../src/db/pool.ts";
import { DURATION_BUCKETS, QUEUE_WAIT_BUCKETS } from "../../src/domain/buckets.ts";

/** Entries of the ledger by "event label bucket". */
export type Books = Record<string, { n: bigint; micros: bigint }>;

interface Entry {
  key: string;
  n: bigint;
  micros: bigint;
}

/** Where `prune` keeps the rows that it deletes, so that they can be counted again. */
export async function createPruned(db: Queryable): Promise<void> {
  await db.query("create table pruned (like tts_monitor.tasks)");
}

/** Deletes up to `limit` of the oldest ended tasks. @returns how many */
export async function prune(db: Queryable, limit: number): Promise<number> {
  const { rowCount } = await db.query(
    `with gone as (
       delete from tts_monitor.tasks where id in (
         select id from tts_monitor.tasks where finished_at is not null order by id limit $1 for update skip locked
       ) returning *
     )
     insert into pruned select * from gone`,
    [limit],
  );
  return rowCount ?? 0;
}

/** What the ledger says. `db` must read bigint as BigInt. */
export async function readBooks(db: Queryable): Promise<Books> {
  const { rows } = await db.query<Entry>(
    "select concat_ws(' ', event, label, bucket) as key, n, micros from tts_monitor.task_ledger",
  );
  return toBooks(rows);
}

/** What it ought to say: counted from all rows there are and ever were, and from the calls that leave no row. */
export async function recountBooks(
  db: Queryable,
  calls: { deduplicated: number; late: number },
): Promise<Books> {
  const { rows } = await db.query<Entry>(RECOUNT, [
    QUEUE_WAIT_BUCKETS,
    DURATION_BUCKETS,
    calls.deduplicated,
    calls.late,
  ]);
  return toBooks(rows);
}

// Seconds as exact decimals, and each bound compared by itself: another way than the ledger's.
const RECOUNT = `
  with everything as (
    select * from tts_monitor.tasks union all select * from pruned
  ),
  measured as (
    select
      status, reason,
      greatest(0, extract(epoch from started_at) - extract(epoch from created_at)) as wait,
      greatest(0, extract(epoch from finished_at) - extract(epoch from started_at)) as took,
      finished_at > created_at + interval '1 minute' as too_late
    from everything
  ),
  entries as (
    select 'created' as event, '' as label, 0 as bucket, 0 as seconds, 1 as n from measured
    union all
    select 'started', '', (select count(*) from unnest($1::numeric[]) le where wait > le), wait, 1
    from measured where status <> 'pending'
    union all
    select status, coalesce(reason, case when too_late then 'too_late' else 'in_time' end),
      (select count(*) from unnest($2::numeric[]) le where took > le), took, 1
    from measured where status not in ('pending', 'processing')
    union all
    select 'deleted', status, 0, 0, 1 from pruned
    union all
    select event, '', 0, 0, n from (values ('deduplicated', $3::integer), ('late', $4::integer)) calls (event, n)
    where n > 0
  )
  select concat_ws(' ', event, label, bucket) as key, sum(n)::bigint as n, (sum(seconds) * 1000000)::bigint as micros
  from entries group by event, label, bucket`;

function toBooks(rows: readonly Entry[]): Books {
  return Object.fromEntries(
    rows.map(({ key, n, micros }) => [key, { n, micros }] as const).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** The entries that are lower in the later books, or gone. */
export function fallen(before: Books, after: Books): string[] {
  return Object.keys(before).filter((key) => {
    const [was, is] = [before[key], after[key]];
    return was && (!is || is.n < was.n || is.micros < was.micros);
  });
}
