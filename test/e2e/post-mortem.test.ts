import { describe, expect, it } from "vitest";
import { migrate } from "../../src/db/migrate.ts";
import { useEmbeddedBench } from "../support/embedded.ts";
import { eventually } from "../support/eventually.ts";
import { expectInvariants, expectNoFall, type Line, total } from "../support/exposition.ts";
import { createTestDatabase, useTestDatabase } from "../support/postgres.ts";
import { startCli } from "../support/processes.ts";
import { createAppTables } from "../support/seed.ts";
import { startServe, startWorker, statsOf } from "../support/serve.ts";

// The faults for which the old monitor was given up, one by one. Its state lived in the memory of one process.

/** What must be the same whoever says it: all of the database's plane but clocks and sizes. */
const stateOf = (lines: readonly Line[]) =>
  lines
    .filter(({ name }) => name.startsWith("tts_db_") && !/timestamp|age_seconds|bytes/.test(name))
    .map(({ name, labels, value }) => `${name} ${JSON.stringify(labels)} ${value}`)
    .sort();

const counterNames = /^tts_db_.*_(total|bucket|sum|count) /;
const countersOf = (lines: readonly Line[]) => stateOf(lines).filter((line) => counterNames.test(line));

describe("fault 1: a restart lost the state", () => {
  const bench = useEmbeddedBench();

  it("keeps every count over the end of workers, exporter and PostgreSQL, all of them killed", async () => {
    const server = await bench.start();
    const databaseUrl = server.url;
    await migrate(databaseUrl);
    const exporter = await startServe(databaseUrl);
    const speaking = { databaseUrl, worker: "worker-1", concurrency: 4 };
    const worker = await startWorker(speaking, { tasks: 100, handler: "mixed" });
    await worker.line(/^done$/, 30_000);
    const hanging = { databaseUrl, worker: "worker-2" };
    const hung = await startWorker(hanging, { tasks: 1, firstText: 1000, handler: "hang" });
    await hung.line(/^hangs/);
    const before = await exporter.scrape();
    expect(total(before, "tts_db_tasks_finished_total", { outcome: "completed" })).toBe(80);
    expect(total(before, "tts_db_tasks_finished_total", { outcome: "failed" })).toBe(20);
    expect(total(before, "tts_db_tasks", { status: "processing" })).toBe(1);

    await Promise.all([worker.kill(), hung.kill(), exporter.process.kill()]);
    await server.stop("immediate");
    const restarted = await bench.start();
    expect(restarted.url).toBe(databaseUrl);

    const successor = await startServe(databaseUrl);
    const after = await successor.scrape();
    expect(countersOf(after)).toEqual(countersOf(before));
    expectInvariants(after);
    const nextLife = await startWorker(hanging);
    const ended = await eventually("the hanging task ended with its worker", async () => {
      const lines = await successor.scrape();
      return total(lines, "tts_db_task_failures_total", { reason: "worker_lost" }) === 1 && lines;
    });
    expectNoFall(before, ended);
    await Promise.all([nextLife.end(), successor.process.end()]);
  });
});

describe("fault 2: each process had totals of its own", () => {
  const database = useTestDatabase();

  it("shows one state through every exporter and every worker process", async () => {
    const databaseUrl = database().url;
    await createAppTables(database().pool);
    const exporters = await Promise.all([startServe(databaseUrl), startServe(databaseUrl)]);
    const worker = (number: number) =>
      startWorker(
        { databaseUrl, worker: `worker-${number}`, concurrency: number },
        { tasks: 50, firstText: 100 * number, handler: "mixed" },
      );
    const workers = await Promise.all([worker(1), worker(2)]);
    for (const each of workers) await each.line(/^done$/, 30_000);

    const [first = [], second = []] = await Promise.all(exporters.map(({ scrape }) => scrape()));
    expect(total(first, "tts_db_tasks_created_total")).toBe(100);
    expect(stateOf(second)).toEqual(stateOf(first));

    const answers = await Promise.all([
      ...workers.map(statsOf),
      ...exporters.map(({ json }) => json("/api/monitor/stats") as Promise<Record<string, unknown>>),
    ]);
    const [said, ...others] = answers.map(({ timestamp, ...stats }) => stats);
    expect(said).toMatchObject({ tasks_started: 100, tasks_failed: 20, max_concurrent: 3, active_tasks: 0 });
    for (const other of others) expect(other).toEqual(said);
    await Promise.all([...workers, ...exporters.map(({ process }) => process)].map((one) => one.end()));
  });
});

describe("fault 4: counters and rows drifted apart", () => {
  const database = useTestDatabase();

  it("counts what the rows say, also where workers were killed in the middle of their tasks", async () => {
    const databaseUrl = database().url;
    const flags = ["--sweep.interval=500ms"];
    const exporter = await startServe(databaseUrl, ...flags);
    const options = { databaseUrl, concurrency: 5, heartbeatInterval: 300, heartbeatTimeout: 1000 };
    const start = (worker: string, firstText: number) =>
      startWorker({ ...options, worker }, { tasks: 3000, firstText, handler: "mixed" });
    const [survivor, victim] = await Promise.all([start("worker-1", 1), start("worker-2", 5000)]);
    await eventually("the second worker is at work", async () => {
      const { rows } = await database().pool.query(
        "select from tts_monitor.tasks where worker = 'worker-2' and status = 'processing'",
      );
      return rows.length > 0;
    });
    await victim.kill();
    await survivor.line(/^done$/, 60_000);
    await eventually("nothing is in processing", async () => {
      return total(await exporter.scrape(), "tts_db_tasks", { status: "processing" }) === 0;
    });

    const lines = await exporter.scrape();
    const { rows } = await database().pool.query<{ key: string; n: number }>(
      `select 'created' as key, count(*)::integer as n from tts_monitor.tasks
       union all select 'started', count(*)::integer from tts_monitor.tasks where started_at is not null
       union all select status, count(*)::integer from tts_monitor.tasks group by status
       union all select reason, count(*)::integer from tts_monitor.tasks where reason is not null group by reason`,
    );
    const inRows = Object.fromEntries(rows.map(({ key, n }) => [key, n]));
    const finished = (outcome: string) => total(lines, "tts_db_tasks_finished_total", { outcome });
    const because = (reason: string) => total(lines, "tts_db_task_failures_total", { reason });
    expect(inRows).toEqual({
      created: total(lines, "tts_db_tasks_created_total"),
      started: total(lines, "tts_db_tasks_started_total"),
      completed: finished("completed"),
      failed: finished("failed"),
      ...(finished("timeout") && { timeout: finished("timeout"), worker_lost: because("worker_lost") }),
      ...(inRows["pending"] && { pending: total(lines, "tts_db_tasks", { status: "pending" }) }),
      provider_throttled: because("provider_throttled"),
    });
    await Promise.all([survivor.end(), exporter.process.end()]);
  });
});

describe("fault 5: rows from before the first start were not counted", () => {
  it("counts them all, without triggers and with them", async () => {
    const database = await createTestDatabase({ migrated: false });
    await createAppTables(database.pool);
    const command = (...flags: string[]) =>
      startCli(["migrate", `--database.url=${database.url}`, ...flags]).exited;
    expect(await command()).toMatchObject({ code: 0 });
    const exporter = await startServe(database.url, "--texts.cache=1ms");
    const texts = async () => {
      const lines = await exporter.scrape();
      const tracked = total(lines, "tts_monitor_texts_tracked");
      return [tracked, total(lines, "tts_db_texts"), total(lines, "tts_db_texts_completed")];
    };
    expect(await texts()).toEqual([0, 10, 4]);
    expect(await exporter.json("/api/monitor/stats")).toMatchObject({ total_tasks: 10, success_rate: 40 });
    expect(await command("--track-app-tables")).toMatchObject({ code: 0 });
    expect(await texts()).toEqual([1, 10, 4]);
    await database.pool.query("update tts_texts set is_deleted = 1 where id = 1");
    expect(await texts()).toEqual([1, 9, 3]);
    await exporter.process.end();
    await database.drop();
  });
});
