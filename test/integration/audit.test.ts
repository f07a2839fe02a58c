import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { end } from "../../src/db/end-store.ts";
import { foldTasks, foldTexts } from "../../src/db/ledger.ts";
import { start } from "../../src/db/start-store.ts";
import { insertPending } from "../../src/db/submit-store.ts";
import { audit, auditJob } from "../../src/jobs/audit.ts";
import { prune } from "../../src/jobs/prune.ts";
import { repairTasks } from "../../src/jobs/repair.ts";
import { bypassTriggers } from "../support/bypass.ts";
import { findings } from "../support/findings.ts";
import { openPool } from "../support/open-pool.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { countTexts, readTextBooks } from "../support/recount.ts";
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
      expect(await findings(pool, "tasks")).toEqual([]);
      expect(await findings(pool, "texts")).toEqual([]);
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
  expect(await findings(pool, "tasks")).toEqual([]);
  expect(await findings(pool, "texts")).toEqual([]);
  const after = (await audit(pool, "texts"))?.map(({ recount }) => recount);
  expect(after).toEqual([(before[0] ?? 0) + 2, (before[1] ?? 0) + 1]);
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
    expect(await findings(pool, "texts")).toHaveLength(1);
    await track(database().pool);
    expect(await findings(pool, "texts")).toEqual([]);
    expect(await readTextBooks(pool)).toEqual(await countTexts(pool));
  });

  it("tells no drift of texts where nothing tracks them", async () => {
    await sql("alter table tts_audios disable trigger tts_monitor_insert");
    expect(await audit(pool, "texts")).toBeUndefined();
    await sql("alter table tts_audios enable trigger tts_monitor_insert");
  });
});
