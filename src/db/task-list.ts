import { isOutcome, STATUSES, type Status } from "../domain/task.ts";
import { type Page, searchPage } from "./bounded-search.ts";
import type { Queryable } from "./pool.ts";
import type { TaskRow } from "./task-reader.ts";
import { contains, TASK_COLUMNS } from "./task-sql.ts";

export interface TaskFilter {
  /** none: all */
  statuses: readonly Status[];
  /** ms back from now */
  since?: number | undefined;
  worker?: string | undefined;
  textId?: bigint | undefined;
  /** of the error's message or the file's name, in any case */
  part?: string | undefined;
}

/** Of a task in the list: its time, in microseconds since the epoch, and its id. */
export interface TaskPosition {
  micros: bigint;
  id: bigint;
}

export interface ListedTask extends TaskRow {
  worker: string | null;
  fileSize: bigint | null;
  /** seconds since the epoch */
  createdTime: number;
  /** seconds since the epoch; of a result that came after the end */
  lateTime: number | null;
  micros: bigint;
}

/**
 * Tasks from the newest to the oldest, by the time of their end or, before it, of their record. Whatever changes
 * between two pages, no task comes twice, and none that stays as it is is missed.
 */
export async function readTaskPage(
  db: Queryable,
  filter: TaskFilter,
  limit: number,
  after?: TaskPosition,
): Promise<Page<ListedTask, TaskPosition>> {
  const sql = pageSql(filter);
  const { since = null, worker = null, textId = null, part = null } = filter;
  return searchPage({
    limit,
    after,
    positionOf: ({ micros, taskId }) => ({ micros, id: taskId }),
    async read(from, count, wanted) {
      const values = [from?.micros ?? null, from?.id ?? null, since, worker, part, count, wanted, textId];
      const { rows } = await db.query<ListedTask & Looked>(sql, values);
      const { scanned = 0, lastMicros, lastId } = rows[0] ?? {};
      return {
        rows: rows.filter(({ taskId }) => taskId !== null),
        scanned,
        last: lastId && lastMicros !== undefined ? { micros: lastMicros, id: lastId } : undefined,
      };
    },
  });
}

interface Looked {
  scanned: number;
  lastMicros: bigint;
  lastId: bigint;
}

// Parameters: $1 and $2 the position, $3 since, $4 worker, $5 part, $6 how many to look at, $7 how many are wanted,
// $8 text. Each is known when the statement is planned, so that `is null` decides there.
const AFTER = "timestamptz 'epoch' + $1::float8 * interval '1 microsecond'";
const CUTOFF = "coalesce(statement_timestamp() - $3::float8 * interval '1 millisecond', '-infinity')";
const MICROS = "(extract(epoch from time) * 1000000)::bigint";

function pageSql({ statuses, textId }: TaskFilter): string {
  const wanted = statuses.length > 0 ? statuses : STATUSES;
  const source = textId === undefined ? "tts_monitor.tasks" : "of_text";
  return `
    with of_text as materialized (select * from tts_monitor.tasks where text_id = $8::bigint),
    scanned as materialized (
      select * from (${wanted.map((status) => newest(status, source)).join(" union all ")}) merged
      order by time desc, id desc limit $6
    ),
    matching as (
      select id, time from scanned
      where ($4::text is null or worker = $4)
        and ($5::text is null or ${contains("error_message", "$5")} or ${contains("filename", "$5")})
      order by time desc, id desc limit $7
    ),
    last as (select id, time from scanned order by time, id limit 1)
    select (select count(*)::integer from scanned) as scanned, last.id as "lastId",
      (select ${MICROS} from last) as "lastMicros", m.micros,
      ${TASK_COLUMNS}, t.worker, t.file_size as "fileSize",
      extract(epoch from t.created_at)::float8 as "createdTime",
      extract(epoch from t.late_at)::float8 as "lateTime"
    from last
    left join (select id, time, ${MICROS} as micros from matching) m on true
    left join tts_monitor.tasks t on t.id = m.id
    order by m.time desc, m.id desc`;
}

/** One arm of the list: each status has an index of its own to read its newest rows from. */
function newest(status: Status, source: string): string {
  const time = isOutcome(status) ? "t.finished_at" : "t.created_at";
  // No index knows a pending task's worker: the pending are looked through.
  const ofWorker = status === "pending" ? "" : "and ($4::text is null or t.worker = $4)";
  return `(
    select t.id, ${time} as time, t.worker, t.error_message, t.filename from ${source} t
    where t.status = '${status}' and ${time} >= ${CUTOFF} ${ofWorker}
      and ($1::float8 is null or (${time}, t.id) < (${AFTER}, $2::bigint))
    order by ${time} desc, t.id desc limit $6
  )`;
}
