import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { foldTasks } from "../../src/db/ledger.ts";
import { beatRemote, endRemote, submitRemote } from "../../src/db/remote-tasks.ts";
import { recordRetry } from "../../src/db/retry-store.ts";
import { claimOldest } from "../../src/db/start-store.ts";
import { sweepOverdue } from "../../src/db/sweep-store.ts";
import { registerWorker, type Slot } from "../../src/db/worker-store.ts";
import { contentHash } from "../../src/domain/content-hash.ts";
import { ConcurrencyLimitError, SlotTakenError, TaskEndedError, TaskStateError } from "../../src/errors.ts";
import { openPool } from "../support/open-pool.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { readBooks, recount } from "../support/recount.ts";
import { createAppTables } from "../support/seed.ts";
import { COMPLETED, FAILED, HOUR, registration, takeSlot } from "../support/tasks.ts";

const CLIENTS = 16;
const ROUNDS = 25;
// Few, so that all of them meet at the same texts, rows and names. None of these texts has a valid audio.
const TEXTS = [5, 6, 7, 8, 9, 10];
const NAMES = 5;

const database = useTestDatabase();
let pool: pg.Pool;
beforeAll(async () => {
  pool = openPool(database().url, "clients", CLIENTS, 20_000);
  await createAppTables(pool);
  await pool.query("create table gone (like tts_monitor.tasks)");
});
afterAll(() => pool.end());

const below = (count: number) => Math.floor(Math.random() * count);
const anyText = () => TEXTS[below(TEXTS.length)] ?? 0;
const submission = (worker: string) => ({
  textId: BigInt(anyText()),
  contentHash: contentHash(`text ${anyText()}`),
  worker: { worker, concurrencyLimit: 2, heartbeatTimeout: 30_000 },
  timeout: HOUR,
  dedupWindow: 1,
});
const count = async (from: string) =>
  (await pool.query<{ n: number }>(`select count(*)::int as n from ${from}`)).rows[0]?.n;

// How calls end that were told the truth; anything else is a failure that the client ought not to have seen.
const EXPECTED = [ConcurrencyLimitError, SlotTakenError, TaskEndedError, TaskStateError];

/** @returns undefined where the call was refused */
async function answer<T>(call: Promise<T>, surprises: unknown[]): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (!EXPECTED.some((kind) => error instanceof kind)) surprises.push(error);
    return undefined;
  }
}

/** Starts tasks, beats and ends them: its own, and now and then one that somebody else runs. */
async function report(started: bigint[], surprises: unknown[]): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const worker = `py-${below(NAMES)}`;
    const submitted = await answer(submitRemote(pool, submission(worker)), surprises);
    if (submitted?.outcome !== "started") continue;
    started.push(submitted.taskId);
    await answer(beatRemote(pool, submitted.taskId, 30_000), surprises);
    const other = started[below(started.length)] ?? submitted.taskId;
    await Promise.all([
      answer(endRemote(pool, submitted.taskId, round % 3 === 0 ? FAILED : COMPLETED), surprises),
      answer(beatRemote(pool, submitted.taskId, 30_000), surprises),
      round % 4 === 0 && answer(endRemote(pool, other, FAILED), surprises),
      round % 2 === 0 && answer(recordRetry(pool, BigInt(anyText())), surprises),
    ]);
  }
}

/** A worker of the library that claims and takes names over, a sweeper and a fold, until the signal. */
async function disturb(
  until: AbortSignal,
  slot: Slot,
  started: bigint[],
  surprises: unknown[],
): Promise<void> {
  const jobs = openPool(database().url, "jobs", 3, 20_000);
  for (let round = 0; !until.aborted; round++) {
    const claimed = await answer(claimOldest(jobs, slot, HOUR), surprises);
    if (claimed) {
      started.push(claimed.taskId);
      await answer(endRemote(pool, claimed.taskId, COMPLETED), surprises);
    }
    const lost = registration(`py-${below(NAMES)}`, 1);
    await Promise.all([
      answer(sweepOverdue(jobs, 50), surprises),
      answer(foldTasks(jobs, 500), surprises),
      round % 10 === 0 && answer(registerWorker(jobs, lost), surprises),
    ]);
    await sleep(1);
  }
  await jobs.end();
}

describe.each([null, 3])("sixteen clients that report at once, under the global limit %s,", (limit) => {
  it("see no deadlock; nothing is started twice, the limit holds, the ledger is the rows, nobody idle is listed", async () => {
    await pool.query("update tts_monitor.settings set concurrency_global = $1", [limit]);
    const slot = await takeSlot(pool, "library");
    const [surprises, started]: [unknown[], bigint[]] = [[], []];
    const done = new AbortController();
    let highest = 0;
    const disturbing = disturb(done.signal, slot, started, surprises);
    const watching = (async () => {
      while (!done.signal.aborted) {
        const { rows } = await database().pool.query<{ n: number }>(
          "select count(*)::int as n from tts_monitor.tasks where status = 'processing'",
        );
        highest = Math.max(highest, rows[0]?.n ?? 0);
      }
    })();
    await Promise.all(Array.from({ length: CLIENTS }, () => report(started, surprises)));
    done.abort();
    await Promise.all([disturbing, watching]);

    expect(surprises).toEqual([]);
    expect(new Set(started).size).toBe(started.length);
    expect(started.length).toBeGreaterThan(CLIENTS);
    expect(highest).toBeLessThanOrEqual(limit ?? CLIENTS + 1);
    expect(await readBooks(pool)).toEqual(expect.objectContaining(await recount(pool, "gone")));
    const { rows } = await database().pool.query(
      "select deadlocks::int from pg_stat_database where datname = current_database()",
    );
    expect(rows).toEqual([{ deadlocks: 0 }]);
    // The library's lost ones apart, whose names nobody has taken back.
    expect(
      await count(
        `tts_monitor.workers w where version is null and not exists (
           select from tts_monitor.tasks t where t.status = 'processing' and t.worker = w.worker)`,
      ),
    ).toBe(0);
    await pool.query("update tts_monitor.tasks set status = 'failed' where status = 'processing'");
  });
});
