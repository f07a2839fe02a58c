import request from "supertest";
import { beforeAll, describe, expect, it } from "vitest";
import { useExporter } from "../support/exporter.ts";
import { useTestDatabase } from "../support/postgres.ts";

const database = useTestDatabase();
const exporter = useExporter(() => database().url);
const sql = (text: string, values: unknown[] = []) => database().pool.query(text, values);
const get = (query: Record<string, string>) => request(exporter().app).get("/api/texts").query(query);

interface Answer {
  texts: { text_id: number; audio: object | null; task: { status: string } | null }[];
  next_cursor: string | null;
}

async function walk(query: Record<string, string>): Promise<Answer["texts"]> {
  const texts: Answer["texts"] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const { status, body } = await get({ ...query, cursor });
    expect([status, body.error]).toEqual([200, undefined]);
    texts.push(...(body as Answer).texts);
    cursor = (body as Answer).next_cursor;
  }
  return texts;
}

async function idsWhere(condition: string): Promise<number[]> {
  const { rows } = await sql(`
    select id::integer from tts_texts x
    left join lateral (
      select filename from tts_audios where text_id = x.id and is_deleted = 0 and file_size >= 5000
      order by id desc limit 1
    ) a on true
    left join lateral (
      select t.status from (
        select max(id) as id, (array_agg(created_at order by id desc))[1] as since
        from tts_monitor.tasks where text_id = x.id
        union all select task_id, followed_at from tts_monitor.followers where text_id = x.id
      ) known join tts_monitor.tasks t using (id) order by since desc, id desc limit 1
    ) t on true
    where is_deleted = 0 and (${condition}) order by id desc`);
  return rows.map(({ id }) => id);
}

beforeAll(async () => {
  await sql(`
    create table tts_texts (id integer primary key, content text not null, is_deleted integer);
    create table tts_audios (id bigint generated always as identity primary key, text_id integer,
      audio_url text, filename text, file_size integer, is_deleted smallint)`);
});

it("says that the application's table of audios has no such column, or is not there, with 503", async () => {
  await sql("alter table tts_audios rename to tts_audios_away");
  const away = await get({});
  expect([away.status, away.body]).toEqual([503, { error: expect.stringContaining("tts_audios") }]);
  await sql("alter table tts_audios_away rename to tts_audios");
  await sql("alter table tts_audios rename column filename to name");
  expect((await get({})).status).toBe(503);
  await sql("alter table tts_audios rename column name to filename");
});

describe("GET /api/texts", () => {
  beforeAll(async () => {
    await sql(`
      insert into tts_texts select n, 'Text ' || n || case when n % 11 = 0 then ' 50%_\\ OFF' else '' end,
        case when n % 10 = 0 then 1 when n % 10 = 1 then null else 0 end from generate_series(1, 300) n;
      insert into tts_audios (text_id, audio_url, filename, file_size, is_deleted)
      select n, '/a/' || n, 'Old-' || n || '.mp3', 9000, 0 from generate_series(1, 300) n where n % 3 = 0
      union all
      select n, '/b/' || n, 'New-' || n || '.mp3', case when n % 4 = 0 then 4999 when n % 4 = 1 then null else 5000 end,
        case when n % 7 = 0 then 1 else 0 end from generate_series(1, 300) n where n % 2 = 0;
      insert into tts_monitor.tasks (text_id, status, created_at)
      select n, (array['pending', 'processing', 'completed', 'failed', 'timeout'])[n % 5 + 1],
        now() - (n % 6) * interval '1 hour' from generate_series(1, 300) n where n % 4 > 0;
      insert into tts_monitor.tasks (text_id, status, created_at)
      select n, 'failed', now() - interval '150 minutes' from generate_series(1, 300, 9) n, generate_series(1, 3);
      insert into tts_monitor.tasks (text_id, status, created_at)
      select n, 'completed', now() from generate_series(1, 300, 18) n;
      insert into tts_monitor.followers (text_id, task_id, followed_at)
      select (id * 7) % 300 + 1, id, now() - (id % 5) * interval '1 hour' from tts_monitor.tasks where id % 5 = 0`);
  });

  it.each<[query: Record<string, string>, condition: string]>([
    [{}, "true"],
    [{ q: "", task_status: "", cursor: "" }, "true"],
    [{ audio_filter: "generated" }, "filename is not null"],
    [{ audio_filter: "not_generated" }, "filename is null"],
    [{ task_status: "failed,timeout" }, "t.status in ('failed', 'timeout')"],
    [{ task_status: "failed" }, "t.status = 'failed'"],
    [{ task_status: "timeout,pending" }, "t.status in ('timeout', 'pending')"],
    [
      { task_status: "completed", audio_filter: "not_generated" },
      "t.status = 'completed' and filename is null",
    ],
    [{ q: "44" }, "id = 44"],
    [{ q: "44", task_status: "failed" }, "false"],
    [{ q: "0" }, "false"],
    [{ q: "%_\\ off" }, "content like '%OFF'"],
    [{ q: "new-2" }, "filename ilike 'new-2%'"],
    [
      { q: "T 1", task_status: "failed,timeout" },
      "content like 'Text 1%' and t.status in ('failed', 'timeout')",
    ],
  ])("%j gives these texts and no others, however long the pages are", async (query, condition) => {
    const expected = await idsWhere(condition);
    const ids = async (more: object) => (await walk({ ...query, ...more })).map((text) => text.text_id);
    for (const limit of ["7", "500"]) expect(await ids({ limit })).toEqual(expected);
    expect(await ids({ limit: "7", order: "asc" })).toEqual(expected.toReversed());
  });

  it("shows of each text the newest valid audio and what /api/task/status says of it, but never its content", async () => {
    const texts = await walk({});
    expect(texts.find((text) => text.text_id === 54)?.audio).toEqual({
      audio_url: "/b/54",
      filename: "New-54.mp3",
      file_size: 5000,
    });
    const kinds = new Set<string>();
    for (const { text_id, task } of texts) {
      const { status, body } = await request(exporter().app).get(`/api/task/status/${text_id}`);
      if (task === null) expect(status).toBe(404);
      else expect(still(task)).toEqual(still(body));
      kinds.add(task?.status ?? "none");
    }
    expect(kinds.size).toBe(6);
    expect(JSON.stringify(texts)).not.toContain("Text ");
  });

  it.each([
    ["audio_filter=some", "audio_filter"],
    ["order=up", "order"],
    ["task_status=lost", "task_status"],
    ["cursor=AAAAAAAAAAAAAAAAAAAAAQ", "cursor"],
    ["cursor=__________8", "cursor"],
    ["limit=", "limit"],
    ["q=%ED%A0%80%00", "q"],
  ])("refuses ?%s and names %s", async (query, field) => {
    const { status, body } = await request(exporter().app).get(`/api/texts?${query}`);
    expect([status, body]).toEqual([400, { error: expect.stringMatching(`^${field} `) }]);
  });
});

/** Without the duration, which goes on in a running task. */
const still = (task: object) => ({ ...task, duration: undefined });
