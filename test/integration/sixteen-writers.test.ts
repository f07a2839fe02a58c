import type pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { foldTasks } from "../../src/db/ledger.ts";
import { sweepOverdue } from "../../src/db/sweep-store.ts";
import { DuplicateTaskError, TaskEndedError, type TaskMonitor } from "../../src/index.ts";
import { openPool } from "../support/open-pool.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { instantly, useWorkers } from "../support/workers.ts";

const WRITERS = 16;
const ROUNDS = 40;
// Few, so that all of them meet at the same contents, rows and slots.
const CONTENTS = 12;

const database = useTestDatabase();
const openWorker = useWorkers(() => database().url);
let jobs: pg.Pool;
beforeAll(() => {
  jobs = openPool(database().url, "jobs", 4);
});
afterAll(() => jobs.end());

// How calls end that were told the truth; anything else is a failure that the caller ought not to have seen.
const EXPECTED = [DuplicateTaskError, TaskEndedError];

async function settled(call: Promise<unknown>, surprises: unknown[]): Promise<void> {
  await call.catch((error: unknown) => {
    if (!EXPECTED.some((kind) => error instanceof kind)) surprises.push(error);
  });
}

async function write(monitor: TaskMonitor, writer: number, surprises: unknown[]): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const textId = 1 + Math.floor(Math.random() * 1000);
    const content = `content ${Math.floor(Math.random() * CONTENTS)}`;
    const handler =
      round % 5 === 0 ? () => Promise.reject(Object.assign(new Error("no"), { reason: "other" })) : instantly;
    await settled(
      monitor.run({ textId, content }, handler).catch((error: unknown) => {
        if (!(error instanceof Error && error.message === "no")) throw error;
      }),
      surprises,
    );
    if (round % 8 === writer % 8) await settled(monitor.findExistingByContent(content), surprises);
  }
}

/** Retries, sweeps and folds in between, again and again until the signal. */
async function disturb(until: AbortSignal, surprises: unknown[]): Promise<void> {
  while (!until.aborted) {
    await settled(
      Promise.all([
        sweepOverdue(jobs, 50),
        foldTasks(jobs, 500),
        jobs.query(
          `insert into tts_monitor.tasks (text_id, content_hash) values (1, md5(random()::text) || md5(random()::text))`,
        ),
        jobs.query(
          `update tts_monitor.tasks set deadline_at = clock_timestamp()
           where id = (select id from tts_monitor.tasks where status = 'processing' limit 1 for update skip locked)`,
        ),
      ]),
      surprises,
    );
  }
}

it.each([null, 5])(
  "sixteen writers of the same contents, under the global limit %s, see no deadlock and no serialization failure",
  async (limit) => {
    await jobs.query("update tts_monitor.settings set concurrency_global = $1", [limit]);
    const surprises: unknown[] = [];
    const monitors = await Promise.all(
      Array.from({ length: WRITERS }, (_, n) =>
        openWorker(`writer-${n}`, { concurrency: 2, dedupWindow: 1 }),
      ),
    );
    const done = new AbortController();
    const disturbing = disturb(done.signal, surprises);
    for (const monitor of monitors.slice(0, 4)) void monitor.work(instantly);
    await Promise.all(monitors.map((monitor, writer) => write(monitor, writer, surprises)));
    done.abort();
    await disturbing;
    expect(surprises).toEqual([]);
    const { rows } = await database().pool.query(
      "select deadlocks::int from pg_stat_database where datname = current_database()",
    );
    expect(rows).toEqual([{ deadlocks: 0 }]);
  },
);
