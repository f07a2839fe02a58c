import request from "supertest";
import { beforeAll, describe, expect, it } from "vitest";
import { useExporter } from "../support/exporter.ts";
import { useTestDatabase } from "../support/postgres.ts";

const database = useTestDatabase();
const exporter = useExporter(() => database().url);
const sql = (text: string, values: unknown[] = []) => database().pool.query(text, values);

interface Answer {
  tasks: { task_id: string; text_id: number; status: string }[];
  next_cursor: string | null;
}

async function page(query: Record<string, string>): Promise<Answer> {
  const { status, body } = await request(exporter().app).get("/api/tasks").query(query);
  expect([status, body.error]).toEqual([200, undefined]);
  return body;
}

/** The ids of all pages, one after the other. @param between runs after each page */
async function walk(query: Record<string, string>, between = async () => {}): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const answer: Answer = await page({ ...query, cursor });
    ids.push(...answer.tasks.map((task) => task.task_id));
    cursor = answer.next_cursor;
    if (cursor !== null) await between();
  }
  return ids;
}

const NEWEST_FIRST = "order by coalesce(finished_at, created_at) desc, id desc";

async function idsWhere(condition: string): Promise<string[]> {
  const { rows } = await sql(`select id from tts_monitor.tasks where ${condition} ${NEWEST_FIRST}`);
  return rows.map(({ id }) => id);
}

beforeAll(async () => {
  // Whole minutes, so that many tasks share their time; none within minutes of the 24 hours that `since` goes by.
  await sql(`
    insert into tts_monitor.tasks
      (text_id, status, worker, created_at, started_at, finished_at, error_message, filename)
    select n % 50 + 1, status, worker, t, t + interval '1 second',
      case when status in ('pending', 'processing') then null else t + interval '1 minute' end,
      case when status = 'failed' then 'Provider said 100% ' || n % 7 || ' _x_ \\ "quoted"' end,
      case when status = 'completed' then 'Audio-' || n || '.mp3' end
    from (
      select n, date_trunc('minute', now()) - interval '2 days 10 minutes' + n % 97 * interval '30 minutes' as t,
        (array['processing', 'completed', 'failed', 'timeout'])[n % 4 + 1] as status,
        case when n % 3 > 0 then 'worker-' || n % 3 end as worker
      from generate_series(1, 400) n
    ) given;
    insert into tts_monitor.tasks (text_id, worker, created_at)
    select 60, case when n % 2 = 0 then 'worker-1' end, now() - n * interval '3 hours' from generate_series(1, 20) n`);
});

describe("GET /api/tasks", () => {
  it.each<[query: Record<string, string>, condition: string]>([
    [{}, "true"],
    [{ status: "", worker: "", q: "", since: "", cursor: "" }, "true"],
    [{ status: "failed,timeout" }, "status in ('failed', 'timeout')"],
    [{ status: "pending,processing" }, "status in ('pending', 'processing')"],
    [{ worker: "worker-1" }, "worker = 'worker-1'"],
    [{ worker: "worker-1", status: "pending" }, "worker = 'worker-1' and status = 'pending'"],
    [{ worker: "nobody" }, "false"],
    [{ since: "24h" }, "coalesce(finished_at, created_at) >= now() - interval '24 hours'"],
    [
      { since: "90d", status: "completed", worker: "worker-2" },
      "status = 'completed' and worker = 'worker-2'",
    ],
    [{ q: "7" }, "text_id = 7"],
    [{ q: "7", status: "failed,completed" }, "text_id = 7 and status in ('failed', 'completed')"],
    [{ q: "99999999999999999999" }, "false"],
    [{ q: "AUDIO-3" }, "filename ilike '%audio-3%'"],
    [{ q: "100%" }, "status = 'failed'"],
    [{ q: "provider%said" }, "false"],
    [{ q: "_x_" }, "status = 'failed'"],
    [{ q: 'x_ \\ "Quoted', worker: "worker-1" }, "status = 'failed' and worker = 'worker-1'"],
  ])(
    "%j gives these tasks and no others, the newest first, however long the pages are",
    async (query, where) => {
      const expected = await idsWhere(where);
      for (const limit of ["7", "500"]) expect(await walk({ ...query, limit })).toEqual(expected);
    },
  );

  it("repeats no task and misses none that stays as it is while others come, end and go between its pages", async () => {
    const before = await idsWhere("true");
    const changed = new Set<string>();
    const change = async () => {
      const { rows } = await sql(`
        with ended as (
          update tts_monitor.tasks set status = 'failed' where id in (
            select id from tts_monitor.tasks where status = 'processing' order by random() limit 2
          ) returning id
        ),
        gone as (
          delete from tts_monitor.tasks where id in (
            select id from tts_monitor.tasks where status = 'completed' order by random() limit 1
          ) returning id
        ),
        come as (insert into tts_monitor.tasks (text_id) values (70), (71))
        select id from ended union all select id from gone`);
      for (const { id } of rows) changed.add(id);
    };
    const walked = await walk({ limit: "20" }, change);
    expect(changed.size).toBeGreaterThan(20);
    expect(new Set(walked).size).toBe(walked.length);
    const kept = before.filter((id) => !changed.has(id));
    expect(walked.filter((id) => !changed.has(id))).toEqual(kept);
  });

  it("tells of each task what the text's status tells, and who did it when", async () => {
    await sql(
      `insert into tts_monitor.tasks (text_id, status, worker, created_at, started_at, finished_at, reason,
         error_message, file_size, late_at)
       values (9007199254740993, 'failed', 'w', '2026-01-01Z', '2026-01-01 00:00:01Z', '2026-01-01 00:00:03.5Z',
         'invalid_audio', 'too small', 12, '2026-01-01 00:01Z')`,
    );
    const start = Date.UTC(2026, 0, 1) / 1000;
    expect((await page({ q: "9007199254740993" })).tasks).toEqual([
      {
        task_id: expect.stringMatching(/^\d+$/),
        text_id: "9007199254740993",
        status: "failed",
        stage: "done",
        worker: "w",
        reason: "invalid_audio",
        error_message: "too small",
        audio_url: null,
        filename: null,
        file_size: 12,
        created_time: start,
        start_time: start + 1,
        completed_time: start + 3.5,
        duration: 2.5,
        late_time: start + 60,
      },
    ]);
  });

  it.each([
    ["limit=0", "limit"],
    ["limit=501", "limit"],
    ["limit=1e2", "limit"],
    ["status=failed,lost", "status"],
    ["status=failed&status=timeout", "status"],
    ["worker=a%20b", "worker"],
    ["worker=..%2F..", "worker"],
    ["since=yesterday", "since"],
    ["since=-1h", "since"],
    ["since=36501d", "since"],
    ["q=%00", "q"],
    ["q=a&q=b", "q"],
    ["cursor=abc", "cursor"],
    ["cursor=AAAAAAAAAAE", "cursor"],
    ["cursor=AAYSBBv2wAAAAAAAAAAAAQ%3D%3D", "cursor"],
    ["cursor=__________8AAAAAAAAAAf", "cursor"],
    ["cursor=gAAAAAAAAAAAAAAAAAAAAQ", "cursor"],
  ])("refuses ?%s and names %s", async (query, field) => {
    const { status, body } = await request(exporter().app).get(`/api/tasks?${query}`);
    expect([status, body]).toEqual([400, { error: expect.stringMatching(`^${field} `) }]);
  });

  it("ignores parameters that it does not know", async () => {
    expect((await page({ page: "7", limit: "1" })).tasks).toHaveLength(1);
  });
});
