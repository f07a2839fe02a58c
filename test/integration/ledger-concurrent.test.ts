import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { expect, it } from "vitest";
import { end, recordLate } from "../../src/db/end-store.ts";
import { foldTasks, vacuumDeltas } from "../../src/db/ledger.ts";
import { claimOldest, start } from "../../src/db/start-store.ts";
import { followLeader, insertPending } from "../../src/db/submit-store.ts";
import { sweepOverdue } from "../../src/db/sweep-store.ts";
import type { Slot } from "../../src/db/worker-store.ts";
import { openPool } from "../support/open-pool.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { type Books, fallen, readBooks, recount } from "../support/recount.ts";
import { COMPLETED, FAILED, HOUR, hashOf, takeSlot } from "../support/tasks.ts";

const WRITERS = 8;
const STATEMENTS = 400;

const database = useTestDatabase();
const counted = { late: 0, deduplicated: 0 };

it("every snapshot balances while writers, folders and vacuum work at once, and the end equals a recount", async () => {
  await database().pool.query("create table gone (like tts_monitor.tasks)");
  const pool = openPool(database().url, "concurrent", WRITERS + 3, 20_000);
  const watcher = new pg.Client({ connectionString: database().url });
  await watcher.connect();
  try {
    let running = true;
    const until = async (work: () => Promise<unknown>, pause: number) => {
      while (running) {
        await work();
        await sleep(pause);
      }
    };
    let before: Books = {};
    let snapshots = 0;
    const background = [
      until(() => foldTasks(pool, 50), 2),
      until(() => foldTasks(pool, 7), 1),
      until(() => vacuumDeltas(pool), 20),
      until(async () => {
        before = await balance(watcher, before);
        snapshots++;
      }, 1),
    ];
    const writers = Array.from({ length: WRITERS }, (_, n) => write(pool, n));
    await Promise.all([
      Promise.all(writers).finally(() => {
        running = false;
      }),
      ...background,
    ]);

    expect(snapshots).toBeGreaterThan(20);
    while ((await foldTasks(pool, 1000)) > 0);
    const books = await readBooks(watcher);
    expect(fallen(before, books)).toEqual([]);
    expect(books).toEqual({
      ...(await recount(watcher, "gone")),
      "late//0": { n: String(counted.late), micros: "0" },
      "deduplicated//0": { n: String(counted.deduplicated), micros: "0" },
    });
  } finally {
    await watcher.end();
    await pool.end();
  }
});

/** Reads books and rows in one snapshot, and checks that they agree and that no counter fell since `before`. */
async function balance(db: pg.Client, before: Books): Promise<Books> {
  await db.query("begin isolation level repeatable read");
  const books = await readBooks(db);
  const { rows } = await db.query<{ pending: number; processing: number }>(
    `select count(*) filter (where status = 'pending')::integer as pending,
       count(*) filter (where status = 'processing')::integer as processing from tts_monitor.tasks`,
  );
  await db.query("commit");
  const total = (...events: string[]) =>
    Object.entries(books)
      .filter(([key]) => events.includes(key.split("/")[0] ?? ""))
      .reduce((sum, [, { n }]) => sum + Number(n), 0);
  const created = total("created");
  const started = total("started");
  expect({
    pending: created - started,
    processing: started - total("completed", "failed", "timeout"),
  }).toEqual(rows[0]);
  expect(fallen(before, books)).toEqual([]);
  return books;
}

async function write(pool: pg.Pool, n: number): Promise<void> {
  const slot = await takeSlot(pool, `worker-${n}`);
  for (let i = 0; i < STATEMENTS; i++) await oneOf(statements)(pool, slot);
}

function oneOf<T>(all: readonly T[]): T {
  const one = all[Math.floor(Math.random() * all.length)];
  if (one === undefined) throw new Error("one of nothing");
  return one;
}

async function some(pool: pg.Pool, status: string): Promise<bigint | undefined> {
  const { rows } = await pool.query<{ id: bigint }>(
    "select id from tts_monitor.tasks where status = $1 order by random() limit 1",
    [status],
  );
  return rows[0]?.id;
}

const content = () => oneOf([null, hashOf(1), hashOf(2), hashOf(3)]);

const statements: ((pool: pg.Pool, slot: Slot) => Promise<unknown>)[] = [
  (pool, slot) => insertPending(pool, { textId: 1n, contentHash: content(), slot, dedupWindow: 50 }),
  (pool, slot) => claimOldest(pool, slot, HOUR),
  async (pool, slot) => {
    const id = await some(pool, "pending");
    if (id) await start(pool, id, slot, oneOf([1, HOUR]));
  },
  async (pool) => {
    const id = await some(pool, "processing");
    if (id) await end(pool, id, oneOf([COMPLETED, FAILED]));
  },
  (pool) => sweepOverdue(pool, 3),
  async (pool) => {
    const id = await some(pool, oneOf(["completed", "failed", "timeout"]));
    if (id && (await recordLate(pool, id))) counted.late++;
  },
  async (pool) => {
    if (await followLeader(pool, 2n, hashOf(1), HOUR)) counted.deduplicated++;
  },
  (pool) =>
    pool.query(
      `insert into tts_monitor.tasks (text_id, status)
       select 3, status from unnest(array['pending', 'processing', 'completed', 'failed', 'timeout']) status`,
    ),
  (pool) =>
    pool.query(
      `with d as (
         delete from tts_monitor.tasks where id in (
           select id from tts_monitor.tasks where status = 'completed' order by id limit 2 for update skip locked)
         returning *
       ) insert into gone select * from d`,
    ),
  async (pool) => {
    const client = await pool.connect();
    await client.query("begin; insert into tts_monitor.tasks (text_id, status) values (4, 'completed')");
    await client.query("rollback");
    client.release();
  },
];
