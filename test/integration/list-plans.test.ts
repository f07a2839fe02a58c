import { beforeAll, describe, expect, it } from "vitest";
import type { Queryable } from "../../src/db/pool.ts";
import { readTaskPage, type TaskFilter } from "../../src/db/task-list.ts";
import { readTextPage, type TextFilter } from "../../src/db/text-list.ts";
import { buffersOf, nodesOf, type Plan, plansOf } from "../support/plans.ts";
import { useTestDatabase } from "../support/postgres.ts";

const database = useTestDatabase();
const LIMIT = 50;
// A row of a page costs a few index pages in each table that it is looked up in.
const MOST_BUFFERS = (LIMIT + 1) * 30;

beforeAll(async () => {
  const client = await database().pool.connect();
  try {
    await client.query(`
      set session_replication_role = replica;
      create table tts_texts (id bigint primary key, content text not null, is_deleted integer);
      create table tts_audios (id bigint generated always as identity primary key, text_id bigint,
        audio_url text, filename text, file_size bigint, is_deleted integer);
      insert into tts_texts select n, 'text ' || n, 0 from generate_series(1, 100000) n;
      insert into tts_audios (text_id, filename, file_size, is_deleted)
      select n, n || '.mp3', 9000, 0 from generate_series(1, 100000) n where n % 3 > 0;
      create index on tts_audios (text_id);
      insert into tts_monitor.tasks (text_id, status, worker, created_at, started_at, finished_at, deadline_at, reason)
      select n, status, 'worker-' || n % 4, t, case when status <> 'pending' then t end,
        case when status in ('completed', 'failed') then t end, t, case when status = 'failed' then 'other' end
      from (
        select n, now() - n * interval '1 minute' as t,
          case when n <= 100 then 'pending' when n <= 200 then 'processing' when n % 500 = 0 then 'failed' else 'completed' end as status
        from generate_series(1, 100000) n
      ) given;
      insert into tts_monitor.followers (text_id, task_id) select id + 1, id from tts_monitor.tasks where id % 50 = 0;
      set session_replication_role = origin;
      analyze`);
  } finally {
    client.release();
  }
});

function scannedWhole(plan: Plan): string[] {
  const scans = nodesOf(plan).filter((node) => node["Node Type"] === "Seq Scan");
  return scans.map((node) => node["Relation Name"] ?? "?");
}

async function expectCheap(work: (db: Queryable) => Promise<unknown>): Promise<void> {
  const [first] = await plansOf(database().pool, work);
  if (!first) throw new Error("no statement was sent");
  expect(scannedWhole(first)).toEqual([]);
  expect(buffersOf(first)).toBeLessThan(MOST_BUFFERS);
}

describe("among 100,000 tasks and texts the first statement reads no table from end to end, and few pages", () => {
  const deep = { micros: BigInt(Date.now() - 40 * 86_400_000) * 1000n, id: 1n };
  it.each<[name: string, filter: TaskFilter]>([
    ["all", { statuses: [] }],
    ["of some statuses since a time", { statuses: ["failed", "timeout"], since: 90 * 86_400_000 }],
    ["of a worker and a status", { statuses: ["completed"], worker: "worker-1" }],
    ["of a worker", { statuses: [], worker: "worker-2" }],
    ["of a worker that is not there", { statuses: ["failed"], worker: "nobody" }],
    ["that wait", { statuses: ["pending"] }],
    ["of a text", { statuses: [], textId: 500n }],
    ["that are searched", { statuses: [], part: "not to be found" }],
  ])("tasks %s", async (_name, filter) => {
    await expectCheap((db) => readTaskPage(db, filter, LIMIT));
    await expectCheap((db) => readTaskPage(db, filter, LIMIT, deep));
  });

  it.each<[name: string, filter: Partial<TextFilter>]>([
    ["all", {}],
    ["the oldest first", { order: "asc" }],
    ["without audio", { generated: false }],
    ["that went wrong", { taskStatuses: ["failed", "timeout"] }],
    ["that are being made", { taskStatuses: ["processing"] }],
    ["of an id", { textId: 77n }],
    ["that are searched", { part: "not to be found" }],
  ])("texts %s", async (_name, filter) => {
    const whole: TextFilter = { taskStatuses: [], order: "desc", ...filter };
    await expectCheap((db) => readTextPage(db, whole, LIMIT));
    await expectCheap((db) => readTextPage(db, whole, LIMIT, 50_000n));
  });
});
