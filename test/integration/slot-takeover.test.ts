import { expect, it } from "vitest";
import type { Queryable } from "../../src/db/pool.ts";
import { insertStarted, readStarted } from "../../src/db/start-store.ts";
import { beat, beginDrain, registerWorker, removeWorker } from "../../src/db/worker-store.ts";
import { openPool } from "../support/open-pool.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { HOUR, registration, takeSlot } from "../support/tasks.ts";

const database = useTestDatabase();

it("of two processes that take a slot at once, the one that lost it ends nothing of the owner's", async () => {
  const pool = openPool(database().url, "takeover", 2);
  try {
    // The loser is held up between its two statements; meanwhile the winner, whose number is the lower one,
    // registers and starts a task.
    await pool.query("select setval('tts_monitor.incarnations', 100)");
    let owned: { taskId: bigint; slot: Awaited<ReturnType<typeof takeSlot>> } | undefined;
    const heldUp = {
      async query(sql: string, values: unknown[]) {
        if (/^\s*update/.test(sql)) {
          await pool.query("select setval('tts_monitor.incarnations', 50)");
          const slot = await takeSlot(pool);
          const task = { textId: 1n, contentHash: null, slot, dedupWindow: HOUR };
          owned = { taskId: (await insertStarted(pool, task, HOUR)) ?? 0n, slot };
        }
        return await pool.query(sql, values);
      },
    } as Queryable;
    const loser = await takeSlot(heldUp);

    if (!owned) throw new Error("the loser was not held up");
    expect(owned.slot.incarnation).toBeLessThan(loser.incarnation);
    expect(await beat(pool, { ...registration(), ...loser })).toBe(false);
    expect(await readStarted(pool, owned.taskId, owned.slot)).toBe(0);
  } finally {
    await pool.end();
  }
});

it("who takes a slot over is told how long ago its former process was heard, unless that is lost or said goodbye", async () => {
  const { pool } = database();
  const silentFor = (seconds: number) =>
    pool.query("update tts_monitor.workers set heartbeat_at = clock_timestamp() - $1 * interval '1 second'", [
      seconds,
    ]);
  const heard = async () => (await registerWorker(pool, registration("told"))).formerHeard;
  expect(await heard()).toBeNull();
  await silentFor(5);
  expect(await heard()).toBeCloseTo(5, 0);
  await silentFor(5);
  await pool.query(
    "update tts_monitor.workers set heartbeat_timeout = interval '1 millisecond', address = 'former:9561'",
  );
  await pool.query("update tts_monitor.reachability set since = '-infinity'");
  expect(await heard()).toBeNull();
  // Nothing of the former process, neither its silence nor its settings, is left to the new one.
  const { rows } = await pool.query(
    `select state, address, heartbeat_timeout = interval '30 seconds' as own,
       heartbeat_age < interval '4 seconds' as heard
     from tts_monitor.worker_states where worker = 'told'`,
  );
  expect(rows).toEqual([{ state: "live", address: null, own: true, heard: true }]);
  await pool.query("update tts_monitor.workers set draining_at = clock_timestamp()");
  expect(await heard()).toBeNull();
});

it("a heartbeat tells the worker's limit of now, brings back a row that is gone, and like a goodbye harms no other process's", async () => {
  const { pool } = database();
  const slot = await takeSlot(pool, "beats");
  const me = { ...registration("beats"), ...slot };
  const row = async () => {
    const { rows } = await pool.query(
      `select concurrency_limit as "limit", incarnation, extract(epoch from heartbeat_timeout)::int as seconds,
         draining_at
       from tts_monitor.workers where worker = 'beats'`,
    );
    return rows;
  };
  const { incarnation } = slot;
  expect(await beat(pool, { ...me, concurrencyLimit: 7 })).toBe(true);
  expect(await row()).toEqual([
    { limit: 7, incarnation: String(incarnation), seconds: 30, draining_at: null },
  ]);
  await pool.query("delete from tts_monitor.workers where worker = 'beats'");
  expect(await beat(pool, me)).toBe(true);
  expect(await row()).toEqual([
    { limit: 2, incarnation: String(incarnation), seconds: 30, draining_at: null },
  ]);
  const heir = await takeSlot(pool, "beats");
  expect(await beat(pool, { ...me, concurrencyLimit: 9 })).toBe(false);
  await beginDrain(pool, slot);
  await removeWorker(pool, slot);
  expect(await row()).toEqual([
    { limit: 2, incarnation: String(heir.incarnation), seconds: 30, draining_at: null },
  ]);
});
