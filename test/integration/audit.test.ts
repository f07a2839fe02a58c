import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { end } from "../../src/db/end-store.ts";
import { foldTasks, foldTexts } from "../../src/db/ledger.ts";
import { start } from "../../src/db/start-store.ts";
import { insertPending } from "../../src/db/submit-store.ts";
import type { LedgerName } from "../../src/domain/audit.ts";
import { audit, auditJob } from "../../src/jobs/audit.ts";
import { prune } from "../../src/jobs/prune.ts";
import { repairTasks } from "../../src/jobs/repair.ts";
import { bypassTriggers } from "../support/bypass.ts";
import { openPool } from "../support/open-pool.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { type Books, countTexts, fallen, readBooks, readTextBooks } from "../support/recount.ts";
import { createAppTables, seedTasks, track } from "../support/seed.ts";
import { COMPLETED, FAILED, HOUR, takeSlot } from "../support/tasks.ts";

const database = useTestDatabase();
const sql = async (text: string, values: unknown[] = []) => (await database().pool.query(text, values)).rows;
const never = new AbortController().signal;

let pool: pg.Pool;
beforeAll(async () => {
  pool = openPool(database().url, "audit", 12);
  await createAppTables(database().pool);
  await track(database().pool);
  await seedTasks(database().pool);
});
afterAll(() => pool.end());

const bypassing = (text: string) => bypassTriggers(database().pool, text);

/** What an audit finds: `status: ledger/rows` for each that differs. */
async function findings(ledger: LedgerName): Promise<string[] | undefined> {
  const figures = await audit(pool, ledger);
  return figures
    ?.filter((figure) => figure.ledger !== figure.recount)
    .map(({ name, ledger, recount }) => `${name}: ${ledger}/${recount}`);
}

it("finds no drift at any instant while eight write, others fold, and ended rows are pruned", async () => {
  let writing = true;
  const write = async (n: number) => {
    const slot = await takeSlot(pool, `worker-${n}`);
    for (let round = 0; round < 60; round++) {
      const textId = BigInt(100 + n * 1000 + round);
      const task = { textId, contentHash: null, slot, dedupWindow: HOUR };
      const id = (await insertPending(pool, task)) ?? 0n;
      await pool.query("insert into tts_texts values ($1, 'text', 0)", [textId]);
      await start(pool, id, slot, HOUR);
      await pool.query("insert into tts_audios (text_id, file_size, is_deleted) values ($1, 9000, 0)", [
        textId,
      ]);
      if (round % 3 > 0) await end(pool, id, round % 3 === 1 ? COMPLETED : FAILED);
      if (round % 5 === 0) await pool.query("update tts_texts set is_deleted = 1 where id = $1", [textId]);
    }
  };
  const meanwhile = async (work: () => Promise<unknown>) => {
    for (; writing; await sleep(3)) await work();
  };
  let audits = 0;
  let pruned = 0;
  await Promise.all([
    Promise.all(Array.from({ length: 8 }, (_, n) => write(n))).finally(() => {
      writing = false;
    }),
    meanwhile(() => foldTasks(pool, 30)),
    meanwhile(() => foldTexts(pool, 30)),
    meanwhile(async () => {
      pruned += (await prune(pool, { tasks: 200, workers: HOUR }, never)).tasks;
    }),
    meanwhile(async () => {
      expect(await findings("tasks")).toEqual([]);
      expect(await findings("texts")).toEqual([]);
      audits++;
    }),
  ]);
  expect(audits).toBeGreaterThanOrEqual(20);
  expect(pruned).toBeGreaterThan(0);
});

it("counts every row where ids have gaps as wide as their type, and below 0 too", async () => {
  const before = (await audit(pool, "texts"))?.map(({ recount }) => recount) ?? [];
  await sql(`insert into tts_texts values (-5, '', 0), (9223372036854775806, '', 0);
    insert into tts_audios (text_id, file_size, is_deleted) values (9223372036854775806, 5000, 0)`);
  await sql(`insert into tts_monitor.tasks (id, text_id, status) overriding system value
    values (-9, 1, 'completed'), (9223372036854775000, 1, 'failed')`);
  expect(await findings("tasks")).toEqual([]);
  expect(await findings("texts")).toEqual([]);
  const after = (await audit(pool, "texts"))?.map(({ recount }) => recount);
  expect(after).toEqual([(before[0] ?? 0) + 2, (before[1] ?? 0) + 1]);
});

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
      expect(await findings("tasks")).toEqual([]);
      const before = await readBooks(pool);
      await bypassing(change);
      expect(await findings("tasks")).not.toEqual([]);
      await repairTasks(pool);
      expect(await findings("tasks")).toEqual([]);
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
    expect(await findings("tasks")).toEqual([]);
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
    expect(await findings("tasks")).toEqual([]);
    const deleted = increase(before, await readBooks(pool))["deleted/completed/0"];
    expect(deleted?.n).toBe(-(gone?.[2] ?? 0));
  });
});

describe("the audit's job", () => {
  it("tells the drift, and logs a change of it once", async () => {
    const drifts: Record<string, number | undefined>[] = [];
    const lines: string[] = [];
    const log = pino({ level: "info" }, { write: (line: string) => void lines.push(line) });
    let told: Record<string, number | undefined> = {};
    const job = auditJob({
      pool,
      interval: HOUR,
      texts: true,
      onAudited: (ledger, drift) => {
        told[ledger] = drift;
      },
      log,
    });
    const run = async () => {
      told = {};
      await job.run(never);
      drifts.push(told);
    };
    await run();
    await bypassing("insert into tts_monitor.tasks (text_id) values (9), (9), (9)");
    await bypassing("delete from tts_texts where id = 10");
    await run();
    await run();
    await repairTasks(pool);
    await track(database().pool);
    await run();
    const drifted = { tasks: -3, texts: 1 };
    expect(drifts).toEqual([{ tasks: 0, texts: 0 }, drifted, drifted, { tasks: 0, texts: 0 }]);
    expect(lines.map((line) => JSON.parse(line)).map(({ level, ledger }) => `${level} ${ledger}`)).toEqual([
      "40 tasks",
      "40 texts",
      "30 tasks",
      "30 texts",
    ]);
  });

  it("finds the drift of completed texts, which counting anew sets right", async () => {
    await bypassing("insert into tts_audios (text_id, file_size, is_deleted) values (8, 9000, 0)");
    expect(await findings("texts")).toHaveLength(1);
    await track(database().pool);
    expect(await findings("texts")).toEqual([]);
    expect(await readTextBooks(pool)).toEqual(await countTexts(pool));
  });

  it("tells no drift of texts where nothing tracks them", async () => {
    await sql("alter table tts_audios disable trigger tts_monitor_insert");
    expect(await audit(pool, "texts")).toBeUndefined();
    await sql("alter table tts_audios enable trigger tts_monitor_insert");
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
