import { recordOf } from "../domain/record-of.ts";
import { STATUSES, type Status } from "../domain/task.ts";
import type { Queryable } from "./pool.ts";

// So many rows are counted by one statement, far below any statement timeout. Where the application's tables have no
// fitting index, each slice reads them whole: so these are larger.
const TASKS = 50_000;
const TEXTS = 200_000;

const BELOW_ALL = String(-(2n ** 63n));

/**
 * Counts the task rows by status, slice by slice: call it inside one snapshot.
 * @param stop breaks it off between two slices, by an error
 */
export async function countTasks(db: Queryable, stop?: AbortSignal): Promise<Record<Status, number>> {
  const counts = recordOf(STATUSES, () => 0);
  await inSlices(TASKS, stop, async (after) => {
    const { rows } = await db.query<{ status: Status; n: number; last: string }>(
      `with slice as materialized (
         select id, status from tts_monitor.tasks where id > $1::bigint order by id limit $2
       )
       select status, count(*)::integer as n, (select max(id) from slice)::text as last
       from slice group by status`,
      [after, TASKS],
    );
    for (const { status, n } of rows) counts[status] += n;
    return { n: rows.reduce((sum, { n }) => sum + n, 0), last: rows[0]?.last };
  });
  return counts;
}

export interface TextCount {
  texts: number;
  completed: number;
}

/** The same for the application's texts: those not deleted, and those of them that have a valid audio. */
export async function countTexts(db: Queryable, stop?: AbortSignal): Promise<TextCount> {
  const counts = { texts: 0, completed: 0 };
  await inSlices(TEXTS, stop, async (after) => {
    const { rows } = await db.query<{ n: number; last: string }>(
      `select count(*)::integer as n, max(id)::text as last
       from (select id from tts_texts where id > $1::bigint order by id limit $2) slice`,
      [after, TEXTS],
    );
    const [slice = { n: 0, last: after }] = rows;
    if (slice.n > 0) await countBetween(db, after, slice.last, counts);
    return slice;
  });
  return counts;
}

// By range and as a join, so that it goes by an index of audios by text where there is one, else by one walk over all.
async function countBetween(db: Queryable, after: string, last: string, counts: TextCount): Promise<void> {
  const { rows } = await db.query<TextCount>(
    `select
       (select count(*) from tts_texts t
        where t.id > $1::bigint and t.id <= $2::bigint and t.is_deleted = 0)::integer as texts,
       (select count(*) from tts_texts t
        where t.id > $1::bigint and t.id <= $2::bigint and t.is_deleted = 0
          and exists (
            select from tts_audios a
            where a.text_id = t.id and a.text_id > $1::bigint and a.text_id <= $2::bigint
              and a.is_deleted = 0 and a.file_size >= 5000
          ))::integer as completed`,
    [after, last],
  );
  counts.texts += rows[0]?.texts ?? 0;
  counts.completed += rows[0]?.completed ?? 0;
}

/** By keys that are there, not by ranges of them: gaps of any size cost nothing. */
async function inSlices(
  limit: number,
  stop: AbortSignal | undefined,
  count: (after: string) => Promise<{ n: number; last: string | undefined }>,
): Promise<void> {
  let after: string | undefined = BELOW_ALL;
  while (after !== undefined) {
    stop?.throwIfAborted();
    const { n, last } = await count(after);
    after = n < limit ? undefined : last;
  }
}
