import type pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { end } from "../../src/db/end-store.ts";
import { sweepOverdue } from "../../src/db/sweep-store.ts";
import { sweepJob } from "../../src/jobs/sweep.ts";
import { silentLogger } from "../../src/logger.ts";
import { openPool } from "../support/open-pool.ts";
import { lookedAt, nodesOf, plansOf } from "../support/plans.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { COMPLETED, takeSlot } from "../support/tasks.ts";

const database = useTestDatabase();
const sql = async (text: string, values: unknown[] = []) => (await database().pool.query(text, values)).rows;

let pool: pg.Pool;
beforeAll(async () => {
  pool = openPool(database().url, "sweep under load", 8);
  await processing(20_000, 3600);
});
afterAll(() => pool.end());
// The statistics know of tasks, and of none that runs, as they mostly do when much is overdue at once.
beforeEach(async () => {
  await sql("update tts_monitor.tasks set status = 'failed' where status = 'processing'");
  await sql("analyze tts_monitor.tasks");
});

/** Tasks in processing, each 60 s old. @param deadline seconds from now @returns the id of the first */
async function processing(count: number, deadline: number, worker: string | null = null): Promise<bigint> {
  const [row] = await sql(
    `with inserted as (
       insert into tts_monitor.tasks (text_id, status, worker, incarnation, created_at, started_at, deadline_at)
       select n, 'processing', $3, (select incarnation from tts_monitor.workers where worker = $3),
         now.t - interval '1 minute', now.t - interval '1 minute', now.t + $2 * interval '1 second'
       from generate_series(1, $1) n, (select clock_timestamp() as t) now
       returning id
     ) select min(id)::text as id from inserted`,
    [count, deadline, worker],
  );
  return BigInt(row?.id);
}

/** How often each event stands in the books. */
async function books(): Promise<Record<string, number>> {
  const rows = await sql("select event, sum(n)::int as n from tts_monitor.task_ledger group by event");
  return Object.fromEntries(rows.map(({ event, n }) => [event, n]));
}

describe("the sweep", () => {
  it("is not held up by 20,000 living tasks that are older than the one that is overdue", async () => {
    await takeSlot(pool, "living");
    await processing(20_000, 3600, "living");
    const overdue = await processing(1, -1);
    const swept = await sweepOverdue(pool, 1);
    expect(swept.map(({ taskId }) => taskId)).toEqual([overdue]);
  });

  // How long its statements take is measured by the benchmark `sweep`.
  it("ends 50,000 overdue at once, within ten runs", async () => {
    await processing(50_000, -1);
    const before = await books();
    let swept = 0;
    const job = sweepJob({ db: pool, interval: 5000, onSwept: () => swept++, log: silentLogger });
    for (let run = 0; run < 10 && swept < 50_000; run++) await job.run(new AbortController().signal);
    expect(swept).toBe(50_000);
    expect(await sql("select from tts_monitor.tasks where status = 'processing'")).toEqual([]);
    const after = await books();
    expect((after["timeout"] ?? 0) - (before["timeout"] ?? 0)).toBe(50_000);
  });

  it.each([
    ["none", "select"],
    ["all", "analyze tts_monitor.tasks"],
  ])(
    "looks at no more tasks than it ends, where 20,000 are overdue and the statistics know %s",
    async (_of, prepare) => {
      await processing(20_000, -1);
      await sql(prepare);
      const plans = await plansOf(database().pool, (db) => sweepOverdue(db, 500));
      // A bitmap of the index is no look at the tasks themselves.
      const looks = plans.flatMap(nodesOf).filter((node) => node["Node Type"] !== "Bitmap Index Scan");
      const seen = looks.map(lookedAt);
      expect(seen.length).toBeGreaterThan(3);
      expect(Math.max(...seen)).toBe(500);
    },
  );

  it("and 10,000 completions that race with it leave one outcome each, in the rows and in the books", async () => {
    const before = await books();
    const tally = { swept: 0, completed: 0, refused: 0 };
    for (let round = 0; round < 100; round++) {
      const first = await processing(100, -1);
      const ids = Array.from({ length: 100 }, (_, index) => first + BigInt(index));
      const sweeping = async () => {
        for (let found = 1; found > 0; ) {
          found = (await sweepOverdue(pool, 1 + Math.floor(Math.random() * 30))).length;
          tally.swept += found;
        }
      };
      const completing = async (id: bigint) => {
        if ((await end(pool, id, COMPLETED)) === undefined) tally.refused++;
        else tally.completed++;
      };
      // From both ends, so that they meet in the middle whoever is the quicker.
      await Promise.all([sweeping(), ...ids.reverse().map(completing), sweeping()]);
    }
    expect(tally.swept + tally.completed).toBe(10_000);
    expect(tally.refused).toBe(tally.swept);
    expect(Math.min(tally.swept, tally.completed)).toBeGreaterThan(100);
    const after = await books();
    const grown = (event: string) => (after[event] ?? 0) - (before[event] ?? 0);
    expect([grown("completed"), grown("timeout"), grown("started")]).toEqual([
      tally.completed,
      tally.swept,
      10_000,
    ]);
  });
});
