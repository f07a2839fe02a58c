import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { foldTasks } from "../../src/db/ledger.ts";
import { start } from "../../src/db/start-store.ts";
import { insertPending } from "../../src/db/submit-store.ts";
import { audit } from "../../src/jobs/audit.ts";
import { prune } from "../../src/jobs/prune.ts";
import { repairTasks } from "../../src/jobs/repair.ts";
import { bypassTriggers } from "../support/bypass.ts";
import { findings } from "../support/findings.ts";
import { openPool } from "../support/open-pool.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { type Books, fallen, readBooks } from "../support/recount.ts";
import { seedTasks } from "../support/seed.ts";
import { HOUR, takeSlot } from "../support/tasks.ts";

const database = useTestDatabase();
const sql = async (text: string, values: unknown[] = []) => (await database().pool.query(text, values)).rows;

let pool: pg.Pool;
beforeAll(async () => {
  pool = openPool(database().url, "repair", 12);
  await seedTasks(database().pool);
  // So that some of the books are totals, and some of what they count is gone.
  await foldTasks(pool, 30);
  expect(await prune(pool, { tasks: 200, workers: HOUR }, new AbortController().signal)).toMatchObject({
    tasks: 9,
  });
});
afterAll(() => pool.end());

const bypassing = (text: string) => bypassTriggers(database().pool, text);

describe("the repair of the tasks' ledger", () => {
  beforeEach(async () => {
    await sql(`insert into tts_monitor.tasks (text_id, status, reason)
      values (1, 'pending', null), (2, 'processing', null), (3, 'completed', null), (4, 'failed', 'internal')`);
  });

  const row = (status: string) =>
    `(select min(id) from tts_monitor.tasks where status = '${status}' and id > 0)`;
  it.each([
    ["inserted pending", "insert into tts_monitor.tasks (text_id) values (9), (9)"],
    [
      "inserted in each state",
      `insert into tts_monitor.tasks (text_id, status, reason, started_at, finished_at, deadline_at) values
       (9, 'processing', null, now(), null, now()), (9, 'completed', null, now(), now(), null),
       (9, 'failed', 'storage_error', now(), now(), null), (9, 'timeout', 'worker_lost', now(), now(), null)`,
    ],
    ["deleted while pending", `delete from tts_monitor.tasks where id = ${row("pending")}`],
    ["deleted while processing", `delete from tts_monitor.tasks where id = ${row("processing")}`],
    ["deleted when completed", `delete from tts_monitor.tasks where id = ${row("completed")}`],
    [
      "flipped from pending to failed",
      `update tts_monitor.tasks set status = 'failed', reason = 'other', started_at = now(), finished_at = now()
       where id = ${row("pending")}`,
    ],
    [
      "flipped from completed back to pending",
      `update tts_monitor.tasks set status = 'pending', started_at = null, finished_at = null
       where id = ${row("completed")}`,
    ],
    [
      "flipped from failed to completed",
      `update tts_monitor.tasks set status = 'completed', reason = null where id = ${row("failed")}`,
    ],
  ])(
    "sets right what was %s behind the triggers' back, and a second one changes nothing",
    async (_, change) => {
      expect(await findings(pool, "tasks")).toEqual([]);
      const before = await readBooks(pool);
      await bypassing(change);
      expect(await findings(pool, "tasks")).not.toEqual([]);
      await repairTasks(pool);
      expect(await findings(pool, "tasks")).toEqual([]);
      const repaired = await readBooks(pool);
      expect(fallen(before, repaired)).toEqual([]);
      expectInvariants(repaired);
      await repairTasks(pool);
      expect(await readBooks(pool)).toEqual(repaired);
    },
  );

  it("books missed ends as the triggers would have, and what is still missed after its row went without a time", async () => {
    const missed = `insert into tts_monitor.tasks (text_id, status, reason, created_at, started_at, finished_at)
      select 9, 'timeout', 'worker_lost', t, t + interval '4 seconds', t + interval '50 seconds'
      from (select clock_timestamp() + interval '1 minute' as t) later`;
    const before = await readBooks(pool);
    await bypassing(missed);
    await repairTasks(pool);
    const repaired = await readBooks(pool);
    await sql(missed);
    const triggered = await readBooks(pool);
    expect(increase(repaired, triggered)).toEqual(increase(before, repaired));

    await bypassing(missed);
    await sql("delete from tts_monitor.tasks where status = 'timeout'");
    await repairTasks(pool);
    expect(await findings(pool, "tasks")).toEqual([]);
    expect(increase(triggered, await readBooks(pool))).toMatchObject({
      "created//0": { n: 1, micros: 0 },
      "started//0": { n: 1, micros: 0 },
      "timeout/deadline_exceeded/0": { n: 1, micros: 0 },
    });
  });

  it("holds the invariants in every snapshot, while others write, and books once where two run at once", async () => {
    await bypassing("insert into tts_monitor.tasks (text_id) select 9 from generate_series(1, 500)");
    await bypassing("delete from tts_monitor.tasks where status = 'completed'");
    const before = await readBooks(pool);
    const gone = (await audit(pool, "tasks"))?.map(({ ledger, recount }) => recount - ledger);
    let repairing = true;
    const slot = await takeSlot(pool);
    const writing = (async () => {
      for (; repairing; await sleep(1)) {
        const task = { textId: 1n, contentHash: null, slot, dedupWindow: HOUR };
        const id = (await insertPending(pool, task)) ?? 0n;
        await start(pool, id, slot, HOUR);
      }
    })();
    const watching = (async () => {
      for (let last = before; repairing; await sleep(1)) {
        const books = await readBooks(pool);
        expect(fallen(last, books)).toEqual([]);
        expectInvariants(books);
        last = books;
      }
    })();
    await Promise.all([repairTasks(pool), repairTasks(pool), repairTasks(pool)]);
    repairing = false;
    await Promise.all([writing, watching]);
    expect(await findings(pool, "tasks")).toEqual([]);
    const deleted = increase(before, await readBooks(pool))["deleted/completed/0"];
    expect(deleted?.n).toBe(-(gone?.[2] ?? 0));
  });
});

function increase(before: Books, after: Books): Record<string, { n: number; micros: number }> {
  const changes = Object.entries(after).map(
    ([key, { n, micros }]): [string, { n: number; micros: number }] => [
      key,
      {
        n: Number(n) - Number(before[key]?.n ?? 0),
        micros: Number(micros) - Number(before[key]?.micros ?? 0),
      },
    ],
  );
  return Object.fromEntries(changes.filter(([, { n }]) => n !== 0));
}

/** No gauge is below zero, and no reason stands outside the closed lists. */
function expectInvariants(books: Books): void {
  const total = (event: string) =>
    Object.entries(books).reduce((sum, [key, { n }]) => sum + (key.startsWith(event) ? Number(n) : 0), 0);
  const ended = total("completed/") + total("failed/") + total("timeout/");
  expect(total("created/")).toBeGreaterThanOrEqual(total("started/"));
  expect(total("started/")).toBeGreaterThanOrEqual(ended);
  for (const outcome of ["completed", "failed", "timeout"]) {
    expect(total(`${outcome}/`)).toBeGreaterThanOrEqual(total(`deleted/${outcome}`));
  }
}
