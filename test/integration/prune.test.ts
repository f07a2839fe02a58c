import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { trackAppTables } from "../../src/db/app-tables.ts";
import { foldTasks, foldTexts } from "../../src/db/ledger.ts";
import { pruneTasks, pruneTextStates, pruneWorkers } from "../../src/db/prune-store.ts";
import { followLeader } from "../../src/db/submit-store.ts";
import { prune } from "../../src/jobs/prune.ts";
import { eventually } from "../support/eventually.ts";
import { openPool } from "../support/open-pool.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { type Books, countTexts, fallen, readBooks, readTextBooks } from "../support/recount.ts";
import { createAppTables } from "../support/seed.ts";
import { hashOf, takeSlot } from "../support/tasks.ts";
import { withClient } from "../support/with-client.ts";

const DAY = 86_400_000;
const RETENTION = { tasks: 90 * DAY, workers: DAY };

const database = useTestDatabase();
const sql = async (text: string, values: unknown[] = []) => (await database().pool.query(text, values)).rows;
const never = new AbortController().signal;

let pool: pg.Pool;
beforeAll(() => {
  pool = openPool(database().url, "prune", 4);
});
afterAll(() => pool.end());

beforeEach(async () => {
  await sql("update tts_monitor.tasks set status = 'processing' where status = 'pending'");
  await sql("update tts_monitor.tasks set status = 'failed' where status = 'processing'");
  await sql("delete from tts_monitor.tasks");
  await sql("delete from tts_monitor.workers");
});

/** Tasks of this status and age, which is counted from their end where they have one. */
async function tasks(status: string, days: number, count = 1): Promise<string[]> {
  const rows = await sql(
    `insert into tts_monitor.tasks (text_id, status, created_at, started_at, finished_at, deadline_at)
     select n, $1, t, case when $1 <> 'pending' then t end,
       case when $1 not in ('pending', 'processing') then t end,
       case when $1 <> 'pending' then timestamptz 'infinity' end
     from (select clock_timestamp() - $2 * interval '1 day' as t) age, generate_series(1, $3::integer) n
     returning id`,
    [status, days, count],
  );
  return rows.map(({ id }) => id);
}
const present = async () => (await sql("select id from tts_monitor.tasks order by id")).map(({ id }) => id);
const followersOf = async (ids: string[]) =>
  (await sql("select count(*)::integer as n from tts_monitor.followers where task_id = any($1)", [ids]))[0]
    ?.n;

describe("pruning tasks", () => {
  it("removes 25,000 in batches, between which no reader sees a counter that has fallen or a row uncounted", async () => {
    await tasks("completed", 91, 15_000);
    await tasks("failed", 91, 10_000);
    const [before, watcher] = [await readBooks(pool), new pg.Client({ connectionString: database().url })];
    await watcher.connect();
    let pruning = true;
    const removed = prune(pool, RETENTION, never).finally(() => {
      pruning = false;
    });
    const seen = new Set<number>();
    let last: Books = before;
    for (; pruning; await sleep(1)) {
      await watcher.query("begin isolation level repeatable read");
      const books = await readBooks(watcher);
      const { rows } = await watcher.query("select count(*)::integer as n from tts_monitor.tasks");
      await watcher.query("commit");
      expect(fallen(last, books)).toEqual([]);
      const gone = deleted(books) - deleted(before);
      expect(rows).toEqual([{ n: 25_000 - gone }]);
      seen.add(gone);
      last = books;
      await foldTasks(pool, 5000);
    }
    await watcher.end();
    expect(await removed).toMatchObject({ tasks: 25_000 });
    expect(await present()).toEqual([]);
    expect(seen.size, "states seen between the batches").toBeGreaterThan(5);
    expect(undeleted(await readBooks(pool))).toEqual(undeleted(before));
  });

  it("leaves what is alive or younger, whatever else is of its age, and followers go with their task only", async () => {
    const kept = [
      ...(await tasks("pending", 400)),
      ...(await tasks("processing", 400)),
      ...(await tasks("completed", 89)),
      ...(await tasks("timeout", 89)),
    ];
    const old = [
      ...(await tasks("completed", 91)),
      ...(await tasks("failed", 91)),
      ...(await tasks("timeout", 91)),
    ];
    await sql(
      "insert into tts_monitor.followers (text_id, task_id) select n, id from unnest($1::bigint[]) id, generate_series(7, 9) n",
      [[...kept, ...old]],
    );
    expect(await prune(pool, RETENTION, never)).toMatchObject({ tasks: 3 });
    expect(await present()).toEqual(kept);
    expect(await followersOf(kept)).toBe(12);
    expect(await followersOf(old)).toBe(0);
  });

  it("takes those of an outcome that ended first, whatever their order in the table", async () => {
    const younger = await tasks("completed", 91);
    await tasks("completed", 93);
    const old = await tasks("completed", 92);
    expect(await pruneTasks(pool, RETENTION.tasks, 1)).toEqual({ found: 1, deleted: 1 });
    expect(await present()).toEqual([...younger, ...old]);
    await pruneTasks(pool, RETENTION.tasks, 1);
    expect(await present()).toEqual(younger);
  });

  it("waits for no stranger who has a task or a follower locked, and leaves only that task behind", async () => {
    const old = await tasks("completed", 91, 2500);
    const [locked, followed] = old;
    await sql("insert into tts_monitor.followers (text_id, task_id) values (7, $1), (8, $1)", [followed]);
    await withClient(database().pool, async (stranger) => {
      await stranger.query("begin");
      await stranger.query("select from tts_monitor.tasks where id = $1 for update", [locked]);
      await stranger.query("select from tts_monitor.followers where text_id = 8 for update");

      expect(await prune(pool, RETENTION, never)).toMatchObject({ tasks: 2498 });
      expect(await present()).toEqual([locked, followed]);
      await stranger.query("rollback");
    });
    expect(await prune(pool, RETENTION, never)).toMatchObject({ tasks: 2 });
  });

  it("makes a duplicate that is about to follow a removed task a submission of its own, and no error", async () => {
    const content = hashOf(1);
    await sql(
      "insert into tts_monitor.tasks (text_id, content_hash, status, finished_at) values (1, $1, 'completed', clock_timestamp())",
      [content],
    );
    await withClient(database().pool, async (pruner) => {
      await pruner.query("begin");
      await pruner.query("delete from tts_monitor.tasks where content_hash = $1", [content]);
      const following = followLeader(pool, 2n, content, DAY);
      await eventually("it waits for the row", async () => {
        const waiting = await sql(
          `select from pg_stat_activity
           where datname = current_database() and wait_event_type = 'Lock' and application_name = 'prune'`,
        );
        return waiting.length === 1;
      });
      await pruner.query("commit");
      expect(await following).toBeUndefined();
    });
  });

  it("by many at once removes each row once, and books it once", async () => {
    await tasks("completed", 91, 6000);
    const before = deleted(await readBooks(pool));
    const counts = await Promise.all(Array.from({ length: 4 }, () => prune(pool, RETENTION, never)));
    expect(counts.reduce((sum, { tasks }) => sum + tasks, 0)).toBe(6000);
    expect(deleted(await readBooks(pool)) - before).toBe(6000);
  });

  it("ends after the batch that is under way when it is told to stop", async () => {
    await tasks("completed", 91, 3000);
    expect(await prune(pool, RETENTION, AbortSignal.abort())).toMatchObject({ tasks: 1000 });
  });
});

describe("pruning workers", () => {
  /** A worker last heard from so many ms ago. */
  async function worker(name: string, heartbeatTimeout: number, silence: number): Promise<void> {
    await takeSlot(pool, name, heartbeatTimeout);
    await sql(
      "update tts_monitor.workers set heartbeat_at = clock_timestamp() - $2 * interval '1 millisecond' where worker = $1",
      [name, silence],
    );
    // As if the database had been answering all the time.
    await sql("update tts_monitor.reachability set answered_at = clock_timestamp(), since = '-infinity'");
  }
  const listed = async () =>
    (await sql("select worker from tts_monitor.workers order by 1")).map((row) => row.worker);

  it("keeps a lost one for its retention, and any that is not lost", async () => {
    await worker("gone", 1, DAY + 5000);
    await worker("recent", 1, DAY - 60_000);
    await worker("slow", 2 * DAY, DAY + 5000);
    expect(await pruneWorkers(pool, DAY)).toBe(1);
    expect(await listed()).toEqual(["recent", "slow"]);
    expect(await pruneWorkers(pool, 60_000)).toBe(1);
    expect(await listed()).toEqual(["slow"]);
  });

  it("keeps one whose tasks are still to be ended", async () => {
    await worker("busy", 1, 2 * DAY);
    await tasks("processing", 0);
    await sql("update tts_monitor.tasks set worker = 'busy'");
    expect(await pruneWorkers(pool, DAY)).toBe(0);
    await sql("update tts_monitor.tasks set status = 'timeout'");
    expect(await pruneWorkers(pool, DAY)).toBe(1);
  });

  it("neither waits for a row that a heartbeat holds nor removes it", async () => {
    await worker("beating", 1, 2 * DAY);
    await withClient(database().pool, async (heart) => {
      await heart.query("begin; update tts_monitor.workers set heartbeat_at = clock_timestamp()");
      expect(await pruneWorkers(pool, DAY)).toBe(0);
      await heart.query("commit");
    });
    expect(await pruneWorkers(pool, DAY)).toBe(0);
    expect(await listed()).toEqual(["beating"]);
  });
});

describe("pruning the texts' states", () => {
  const states = async () =>
    (await sql("select text_id from tts_monitor.text_states order by 1")).map((row) => Number(row.text_id));

  it("forgets texts that are gone, and the ledger stays exact, also when they come back", async () => {
    await createAppTables(database().pool);
    await withClient(database().pool, trackAppTables);
    // Text 11 is deleted, but has an audio.
    expect(await pruneTextStates(pool, 100)).toBe(1);
    expect(await states()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    await sql("delete from tts_audios where text_id in (1, 2); delete from tts_texts where id in (1, 2)");
    await foldTexts(pool, 100);
    await sql("insert into tts_texts values (2, 'again', 0)");
    expect(await pruneTextStates(pool, 100)).toBe(2);
    expect(await readTextBooks(pool)).toEqual(await countTexts(pool));
    await foldTexts(pool, 100);
    expect(await states()).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    await sql("insert into tts_audios (text_id, file_size, is_deleted) values (2, 9000, 0)");
    await foldTexts(pool, 100);
    expect(await readTextBooks(pool)).toEqual(await countTexts(pool));
  });

  it("leaves them while another process folds", async () => {
    await sql("delete from tts_audios where text_id = 3; delete from tts_texts where id = 3");
    await foldTexts(pool, 100);
    await withClient(database().pool, async (folder) => {
      await folder.query(
        "begin; select pg_advisory_xact_lock(hashtextextended('tts_monitor.fold_texts', 0))",
      );
      expect(await pruneTextStates(pool, 100)).toBe(0);
      await folder.query("rollback");
    });
    expect(await pruneTextStates(pool, 100)).toBe(1);
  });
});

const deleted = (books: Books) =>
  Object.entries(books).reduce((sum, [key, { n }]) => sum + (key.startsWith("deleted/") ? Number(n) : 0), 0);
const undeleted = (books: Books) =>
  Object.fromEntries(Object.entries(books).filter(([key]) => !key.startsWith("deleted/")));
