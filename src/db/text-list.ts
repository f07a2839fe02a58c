import { MIN_AUDIO_BYTES } from "../domain/audio.ts";
import type { Status } from "../domain/task.ts";
import { refuseMissingAppTable } from "../errors.ts";
import { type Page, searchPage } from "./bounded-search.ts";
import type { Queryable } from "./pool.ts";
import type { TaskRow } from "./task-reader.ts";
import { contains, NEWEST_TASK, TASK_COLUMNS } from "./task-sql.ts";

export interface TextFilter {
  /** with a valid audio, or without */
  generated?: boolean | undefined;
  /** of its newest task; none: any, and texts without a task too */
  taskStatuses: readonly Status[];
  textId?: bigint | undefined;
  /** of the content or the audio's file name, in any case */
  part?: string | undefined;
  order: "asc" | "desc";
}

export interface ListedText {
  id: bigint;
  /** its newest valid one */
  audio: { audioUrl: string | null; filename: string | null; fileSize: bigint } | null;
  /** its newest one, its own or one that it follows */
  task: TaskRow | null;
}

/**
 * Texts that are not deleted, by id.
 * @throws DatabaseUnavailableError where the application's tables are not there
 */
export async function readTextPage(
  db: Queryable,
  filter: TextFilter,
  limit: number,
  after?: bigint,
): Promise<Page<ListedText, bigint>> {
  const sql = pageSql(filter);
  const { generated = null, taskStatuses, textId = null, part = null } = filter;
  return searchPage({
    limit,
    after,
    positionOf: ({ id }) => id,
    async read(from, count, wanted) {
      const values = [from ?? null, generated, taskStatuses, part, count, wanted, textId];
      const { rows } = await db.query<Row>(sql, values).catch(refuseMissingAppTable);
      return {
        rows: rows.filter(({ id }) => id !== null).map(listed),
        scanned: rows[0]?.scanned ?? 0,
        last: rows[0]?.lastId,
      };
    },
  });
}

interface Row extends TaskRow {
  scanned: number;
  lastId: bigint;
  id: bigint;
  ofText: bigint | null;
  ownUrl: string | null;
  ownFilename: string | null;
  ownSize: bigint;
}

function listed(row: Row): ListedText {
  const { id, ofText, ownUrl, ownFilename, ownSize } = row;
  return {
    id,
    audio: ofText === null ? null : { audioUrl: ownUrl, filename: ownFilename, fileSize: ownSize },
    task: row.taskId === null ? null : row,
  };
}

// Parameters: $1 the position, $2 generated, $3 statuses, $4 part, $5 how many to look at, $6 how many are wanted, $7 text.
// Each is known when the statement is planned, so that `is null` decides there. The audios are read for all of a
// chunk at once: text by text, the planner may take `order by id desc limit 1` for a reason to walk over all audios.
function pageSql(filter: TextFilter): string {
  const { order, part } = filter;
  const inContent = part === undefined ? "false" : contains("x.content", "$4");
  return `
    with scanned as materialized (${candidates(filter)}),
    found as materialized (
      select x.id::bigint as id, ${inContent} as "inContent"
      from tts_texts x where x.id = any(array(select id from scanned)) and x.is_deleted = 0
    ),
    audios as materialized (
      select distinct on (a.text_id) a.text_id, a.audio_url, a.filename, a.file_size::bigint as file_size
      from tts_audios a
      where a.text_id = any(array(select id from found)) and a.is_deleted = 0 and a.file_size >= ${MIN_AUDIO_BYTES}
      order by a.text_id, a.id desc
    ),
    -- Each audio is of a text found: a left join, but one that is never made by nested loops over two long lists.
    together as materialized (select * from found full join audios on text_id = id),
    matching as (
      select id, text_id, audio_url, filename, file_size
      from together
      where ($2::boolean is null or (text_id is not null) = $2)
        and ($4::text is null or "inContent" or ${contains("filename", "$4")})
        and (cardinality($3::text[]) = 0
          or (select status from tts_monitor.tasks where id = (${NEWEST_TASK("together.id")})) = any($3))
      order by id ${order} limit $6
    )
    select looked.*, m.id, m.text_id as "ofText", m.audio_url as "ownUrl", m.filename as "ownFilename",
      m.file_size as "ownSize", ${TASK_COLUMNS}
    from (
      select count(*)::integer as scanned, ${order === "desc" ? "min" : "max"}(id)::bigint as "lastId" from scanned
    ) looked
    left join matching m on true
    left join tts_monitor.tasks t on t.id = (${NEWEST_TASK("m.id")})
    order by m.id ${order}`;
}

/** Where to look: texts in the list's order, deleted ones too, for a long run of them must not make a page slow. */
function candidates({ order, textId, taskStatuses }: TextFilter): string {
  const source = (table: string, column: string, condition: string) => `(
    select ${column} as id from ${table}
    where ${condition} and ($1::bigint is null or ${column} ${order === "desc" ? "<" : ">"} $1)
    order by ${column} ${order} limit $5
  )`;
  if (textId !== undefined) return source("tts_texts", "id", "id = $7::bigint");
  const goneWrong = taskStatuses.every((status) => status === "failed" || status === "timeout");
  if (taskStatuses.length === 0 || !goneWrong) return source("tts_texts", "id", "$7::bigint is null");
  // Ten million fine texts are none of them. A text may come here several times: it counts when it comes first.
  return `
    select id from (
      ${source("tts_monitor.tasks", "text_id", "status in ('failed', 'timeout')")}
      union all ${source("tts_monitor.followers", "text_id", "$7::bigint is null")}
    ) either order by id ${order} limit $5`;
}
