import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { total } from "../support/exposition.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { type ServeProcess, startServe, startWorker, watchScrapes } from "../support/serve.ts";

const KILLS = 100;
const AT_ONCE = 10;
const LIMIT = 8;
const HEARTBEAT_TIMEOUT = 1.5;
const SWEEP_INTERVAL = 0.5;
// What the contract allows on top of the two.
const ALLOWANCE = 2;

const database = useTestDatabase();
const sql = async (text: string, values: unknown[] = []) => (await database().pool.query(text, values)).rows;

/** Starts a worker whose one task hangs, and kills it at a random moment after. @returns when, by the database's clock */
async function killOne(number: number): Promise<{ worker: string; killedAt: Date }> {
  const worker = `w-${number}`;
  const process = await startWorker(
    {
      databaseUrl: database().url,
      worker,
      heartbeatInterval: 300,
      heartbeatTimeout: 1000 * HEARTBEAT_TIMEOUT,
    },
    { tasks: 1, firstText: number, handler: "hang" },
  );
  // Under the limit it may have to wait until the sweeper has given back the slots of the dead.
  await process.line(/^hangs at/, 60_000);
  await sleep(400 * Math.random());
  await process.kill();
  const [row] = await sql("select clock_timestamp() as now");
  return { worker, killedAt: row?.now };
}

/** Looks at every scrape until the signal. @returns the most that ran at once */
async function watch(exporter: ServeProcess, until: AbortSignal): Promise<number> {
  let most = 0;
  await watchScrapes(exporter, until, async (lines) => {
    most = Math.max(most, total(lines, "tts_db_concurrency_in_use") ?? Number.NaN);
    await sleep(50);
  });
  return most;
}

it(`of ${KILLS} workers killed under a global limit each task ends in time and once, and no slot is lost`, async () => {
  const exporter = await startServe(
    database().url,
    `--sweep.interval=${1000 * SWEEP_INTERVAL}ms`,
    `--concurrency.global=${LIMIT}`,
  );
  await eventually(
    "the limit is set",
    async () => (await sql("select from tts_monitor.settings where concurrency_global = $1", [LIMIT])).length,
  );
  const done = new AbortController();
  const watching = watch(exporter, done.signal);
  const killed: Awaited<ReturnType<typeof killOne>>[] = [];
  let next = 1;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (next <= KILLS) killed.push(await killOne(next++));
    }),
  );
  await eventually(
    "all have ended",
    async () => (await sql("select from tts_monitor.tasks where status = 'processing'")).length === 0,
  );
  done.abort();

  const ended = await sql("select worker, status, reason, finished_at from tts_monitor.tasks");
  expect(ended).toHaveLength(KILLS);
  const tooLate = killed.filter(({ worker, killedAt }) => {
    const task = ended.find((row) => row.worker === worker);
    expect(task).toMatchObject({ status: "timeout", reason: "worker_lost" });
    return (task?.finished_at - killedAt.getTime()) / 1000 > HEARTBEAT_TIMEOUT + SWEEP_INTERVAL + ALLOWANCE;
  });
  expect(tooLate).toEqual([]);
  expect(await watching).toBe(LIMIT);
  const lines = await exporter.scrape();
  expect(total(lines, "tts_db_task_failures_total", { reason: "worker_lost" })).toBe(KILLS);
  expect(total(lines, "tts_monitor_sweeper_tasks_total", { reason: "worker_lost" })).toBe(KILLS);
  expect(total(lines, "tts_monitor_sweeper_detection_delay_seconds_count")).toBe(KILLS);
  expect(total(lines, "tts_db_concurrency_in_use")).toBe(0);
  await exporter.process.end();
});
