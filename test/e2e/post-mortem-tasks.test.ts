import { describe, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { total } from "../support/exposition.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { createAppTables } from "../support/seed.ts";
import { type ServeProcess, startServe, startWorker, statsOf } from "../support/serve.ts";

// The old monitor's other faults: those of a task's life. Fault 3, its leak, is in test/soak/heap.test.ts.

const database = useTestDatabase();
describe("fault 6: nobody enforced the timeouts", () => {
  const SWEEP = 1000;
  const HEARTBEAT = { heartbeatInterval: 500, heartbeatTimeout: 2000 };

  async function endOf(textId: number) {
    return eventually("the task has ended", async () => {
      const { rows } = await database().pool.query<{ reason: string; startedAt: Date; finishedAt: Date }>(
        `select reason, started_at as "startedAt", finished_at as "finishedAt" from tts_monitor.tasks
         where text_id = $1 and status = 'timeout'`,
        [textId],
      );
      return rows[0];
    });
  }

  it("ends the task of a killed worker within heartbeat timeout, sweep interval and 2 s", async () => {
    const exporter = await startServe(database().url, `--sweep.interval=${SWEEP}ms`);
    const worker = await startWorker(
      { databaseUrl: database().url, worker: "worker-killed", ...HEARTBEAT },
      { tasks: 1, firstText: 61, handler: "hang" },
    );
    await worker.line(/^hangs/);
    await worker.kill();
    const { rows } = await database().pool.query<{ now: Date }>("select clock_timestamp() as now");
    const { reason, finishedAt } = await endOf(61);
    expect(reason).toBe("worker_lost");
    const took = finishedAt.getTime() - (rows[0]?.now.getTime() ?? Number.NaN);
    expect(took).toBeLessThan(HEARTBEAT.heartbeatTimeout + SWEEP + 2000);
    await exporter.process.end();
  });

  it("ends the task of a frozen worker at its deadline, and its late result changes nothing", async () => {
    const exporter = await startServe(database().url, `--sweep.interval=${SWEEP}ms`);
    const worker = await startWorker(
      { databaseUrl: database().url, worker: "worker-frozen", taskTimeout: 1000 },
      { tasks: 1, firstText: 62, handler: "hang" },
    );
    await worker.line(/^hangs/);
    worker.freeze();
    const { reason, startedAt, finishedAt } = await endOf(62);
    expect(reason).toBe("deadline_exceeded");
    expect(finishedAt.getTime() - startedAt.getTime()).toBeLessThan(1000 + SWEEP + 2000);
    worker.thaw();
    await worker.line(/^done$/);
    expect(await endOf(62)).toEqual({ reason, startedAt, finishedAt });
    await Promise.all([worker.end(), exporter.process.end()]);
  });

  it("ends a handler that hangs and hears nothing, with no exporter there at all", async () => {
    const worker = await startWorker(
      { databaseUrl: database().url, worker: "worker-deaf", taskTimeout: 500 },
      { tasks: 1, firstText: 63, handler: "hang" },
    );
    const { reason, startedAt, finishedAt } = await endOf(63);
    expect(reason).toBe("deadline_exceeded");
    expect(finishedAt.getTime() - startedAt.getTime()).toBeLessThan(500 + 2000);
    await worker.end();
  });
});

describe("fault 7: the status of failed and timed-out tasks was forgotten", () => {
  it("answers for both after a restart of workers and exporter", async () => {
    const options = { databaseUrl: database().url, worker: "worker-status", taskTimeout: 200 };
    const failing = await startWorker(options, { tasks: 1, firstText: 75, handler: "mixed" });
    await failing.line(/^done$/);
    await failing.end();
    const hanging = await startWorker(options, { tasks: 1, firstText: 76, handler: "hang" });
    await hanging.line(/^done$/);
    await hanging.end();
    const status = async ({ json }: ServeProcess, text: number) => json(`/api/task/status/${text}`);

    const first = await startServe(database().url);
    const before = [await status(first, 75), await status(first, 76)];
    expect(before).toEqual([
      expect.objectContaining({ text_id: 75, status: "failed", error_message: "429 from the provider" }),
      expect.objectContaining({ text_id: 76, status: "timeout", stage: "done" }),
    ]);
    await first.process.kill();
    const second = await startServe(database().url);
    expect([await status(second, 75), await status(second, 76)]).toEqual(before);
    await second.process.end();
  });
});

describe("fault 8: max_concurrent was a constant", () => {
  it("is the sum of the workers' limits while setConcurrency changes them", async () => {
    const databaseUrl = database().url;
    await createAppTables(database().pool);
    const exporter = await startServe(databaseUrl);
    // Rarer than the test lasts: what is shown was told by setConcurrency alone.
    const rarely = { databaseUrl, heartbeatInterval: 100_000, heartbeatTimeout: 200_000 };
    const steady = await startWorker({ ...rarely, worker: "worker-steady", concurrency: 3 });
    const changing = await startWorker(
      { ...rarely, worker: "worker-changing", concurrency: 1 },
      { limits: [[8], [2], [7, 5]], tasks: 8, firstText: 81, handler: "hang" },
    );
    const shown = async () => {
      const stats = (await exporter.json("/api/monitor/stats")) as { max_concurrent: number };
      const metric = total(await exporter.scrape(), "tts_db_concurrency_limit", { scope: "workers" });
      expect(metric).toBe(stats.max_concurrent);
      return stats.max_concurrent;
    };
    expect(await shown()).toBe(4);
    for (const limit of [8, 2, 5]) {
      await statsOf(changing);
      await eventually(`max_concurrent is ${3 + limit}`, async () => (await shown()) === 3 + limit);
      expect(await statsOf(steady)).toMatchObject({ max_concurrent: 3 + limit });
    }
    await Promise.all([steady.end(), changing.kill(), exporter.process.end()]);
  });
});
