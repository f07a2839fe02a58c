import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { end } from "../../src/db/end-store.ts";
import { writeSharedSettings } from "../../src/db/settings-store.ts";
import { claimOldest, insertStarted, start } from "../../src/db/start-store.ts";
import { insertPending } from "../../src/db/submit-store.ts";
import type { Slot } from "../../src/db/worker-store.ts";
import { eventually } from "../support/eventually.ts";
import { openPool } from "../support/open-pool.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { COMPLETED, HOUR, takeSlot } from "../support/tasks.ts";

const STARTERS = 16;

const database = useTestDatabase();
let pool: pg.Pool;
let slot: Slot;

const openStarters = () => openPool(database().url, "starters", STARTERS, 20_000);
const limit = (concurrencyGlobal: number | null) =>
  writeSharedSettings(pool, { concurrencyGlobal, sloLatency: 60_000 });
const record = (owner = slot) =>
  insertPending(pool, { textId: 1n, contentHash: null, slot: owner, dedupWindow: HOUR }).then(
    (id) => id ?? 0n,
  );
const submission = () => ({ textId: 1n, contentHash: null, slot, dedupWindow: HOUR });

beforeAll(async () => {
  pool = openStarters();
  slot = await takeSlot(pool);
});
afterAll(() => pool.end());
beforeEach(async () => {
  await limit(null);
  await pool.query("update tts_monitor.tasks set status = 'failed' where status = 'processing'");
});

async function running(db: Pick<pg.Client, "query"> = pool): Promise<number> {
  const { rows } = await db.query<{ n: number }>(
    "select count(*)::integer as n from tts_monitor.tasks where status = 'processing'",
  );
  return rows[0]?.n ?? Number.NaN;
}

/** Sixteen starters at once, each by all three ways to start, against a watcher. @returns the highest number seen */
async function compete(starters: pg.Pool, rounds: number): Promise<number> {
  const watcher = new pg.Client({ connectionString: database().url });
  await watcher.connect();
  let highest = 0;
  let done = false;
  const watching = (async () => {
    while (!done) highest = Math.max(highest, await running(watcher));
  })();
  let started = 0;
  const compete = async () => {
    for (let round = 0; round < rounds; round++) {
      const own = await record();
      const ids = [
        (await start(starters, own, slot, HOUR)) === undefined ? undefined : own,
        await insertStarted(starters, submission(), HOUR),
        (await claimOldest(starters, slot, HOUR))?.taskId,
      ];
      for (const id of ids) {
        if (id === undefined) continue;
        started++;
        await end(starters, id, COMPLETED);
      }
    }
  };
  await Promise.all(Array.from({ length: STARTERS }, compete)).finally(() => {
    done = true;
  });
  await watching;
  await watcher.end();
  expect(started).toBeGreaterThan(STARTERS);
  return highest;
}

describe("the global limit", () => {
  it("is reached and never exceeded in any snapshot, however many start at once", async () => {
    await limit(3);
    expect(await compete(pool, 8)).toBe(3);
    expect(await running()).toBe(0);
  });

  it("holds in a database whose transactions are repeatable read by default", async () => {
    const name = new URL(database().url).pathname.slice(1);
    await pool.query(`alter database ${name} set default_transaction_isolation = 'repeatable read'`);
    const strict = openStarters();
    try {
      await limit(3);
      expect(await compete(strict, 4)).toBe(3);

      const stranger = await pool.connect();
      await stranger.query("begin isolation level repeatable read");
      await expect(stranger.query("select tts_monitor.may_start()")).rejects.toThrow(/use read committed$/);
      await stranger.query("rollback");
      stranger.release();
    } finally {
      await strict.end();
      await pool.query(`alter database ${name} reset default_transaction_isolation`);
    }
  });

  it("stops new starts when lowered, and ends nothing that runs", async () => {
    const ids = await Promise.all([record(), record(), record()]);
    for (const id of ids) expect(await start(pool, id, slot, HOUR)).toBeGreaterThanOrEqual(0);
    await limit(2);
    const next = await record();
    expect(await start(pool, next, slot, HOUR)).toBeUndefined();
    expect(await running()).toBe(3);

    for (const id of ids.slice(0, 2)) await end(pool, id, COMPLETED);
    expect(await start(pool, next, slot, HOUR)).toBeGreaterThanOrEqual(0);
    expect(await running()).toBe(2);
    expect(await insertStarted(pool, submission(), HOUR)).toBeUndefined();
  });

  it("of zero lets nothing start", async () => {
    await limit(0);
    expect(await start(pool, await record(), slot, HOUR)).toBeUndefined();
  });

  it("takes no lock where none is set, and one until the commit where it is", async () => {
    const held = async () => {
      const db = await pool.connect();
      await db.query("begin");
      await start(db, await record(), slot, HOUR);
      const { rowCount } = await db.query(
        "select from pg_locks where pid = pg_backend_pid() and locktype = 'advisory'",
      );
      await db.query("rollback");
      db.release();
      return rowCount;
    };
    expect(await held()).toBe(0);
    await limit(3);
    expect(await held()).toBe(1);
  });

  it("makes no deadlock of a claim and a late start of the same task", async () => {
    // Its owner has been silent for too long, so that others may claim what it is about to start.
    await pool.query("delete from tts_monitor.tasks where status not in ('pending', 'processing')");
    const silent = await takeSlot(pool, "silent", 1);
    const task = await record(silent);
    await eventually("the owner is lost", async () => {
      const { rowCount } = await pool.query(
        "select from tts_monitor.worker_states where worker = 'silent' and state = 'lost'",
      );
      return rowCount === 1;
    });
    await pool.query("update tts_monitor.tasks set created_at = '2020-01-01' where id = $1", [task]);
    await limit(3);
    const holder = await pool.connect();
    await holder.query("begin; select tts_monitor.may_start()");
    const waiting = (n: number) =>
      eventually(`${n} wait`, async () => {
        const { rowCount } = await pool.query(
          "select from pg_locks where not granted and database = (select oid from pg_database where datname = current_database())",
        );
        return rowCount === n;
      });
    const starting = start(pool, task, silent, HOUR);
    await waiting(1);
    const claiming = claimOldest(pool, slot, HOUR);
    await Promise.race([waiting(2), claiming]);
    await holder.query("commit");
    holder.release();
    const started = await starting;
    const claimed = await claiming;
    expect([started !== undefined, claimed?.taskId === task].filter(Boolean)).toHaveLength(1);
  });
});
