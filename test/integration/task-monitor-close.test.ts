import { describe, expect, it } from "vitest";
import { DatabaseUnavailableError, WorkerStoppedError } from "../../src/index.ts";
import { eventually } from "../support/eventually.ts";
import { parseExposition, total } from "../support/exposition.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { startWorker } from "../support/serve.ts";
import { gate, instantly, useWorkers } from "../support/workers.ts";

const database = useTestDatabase();
const openWorker = useWorkers(() => database().url);
const rowsOf = async (worker: string) =>
  (
    await database().pool.query<{ status: string; reason: string | null; error_message: string | null }>(
      "select status, reason, error_message from tts_monitor.tasks where worker = $1 order by id",
      [worker],
    )
  ).rows;
let texts = 0;
const next = () => ({ textId: ++texts, content: `text ${texts}` });

describe("close", () => {
  it("waits for a start that is on its way, and for the task that comes of it", async () => {
    const monitor = await openWorker("c-start", { shutdownGrace: 10_000 });
    const starters = await database().pool.connect();
    try {
      // Starters take turns under a global limit; this one keeps its turn.
      await starters.query("update tts_monitor.settings set concurrency_global = 100");
      await starters.query(
        "begin; select pg_advisory_xact_lock(hashtextextended('tts_monitor.may_start', 0))",
      );
      const running = monitor.run(next(), instantly);
      await eventually("the start waits for its turn", async () => {
        const { rows } = await database().pool.query(
          "select from pg_locks where locktype = 'advisory' and not granted",
        );
        return rows.length === 1;
      });
      const closing = monitor.close();
      await eventually("the worker says goodbye", async () => {
        const { rows } = await database().pool.query(
          "select from tts_monitor.workers where worker = 'c-start' and draining_at is not null",
        );
        return rows.length === 1;
      });
      await starters.query("commit");
      await closing;
      expect((await running).status).toBe("completed");
    } finally {
      await starters.query("rollback; update tts_monitor.settings set concurrency_global = null");
      starters.release();
    }
  });

  it("aborts what outlasts the grace and ends it as failed, whichever call has started it", async () => {
    const monitor = await openWorker("c-grace", { concurrency: 2, shutdownGrace: 50 });
    const running = monitor.run(
      next(),
      ({ signal }) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    );
    await monitor.startTask(next());
    const stopped = expect(running).rejects.toBeInstanceOf(WorkerStoppedError);
    await eventually("both run", async () => (await rowsOf("c-grace")).length === 2);
    await monitor.close();
    await stopped;
    const ended = { status: "failed", reason: "internal", error_message: "the worker was stopped" };
    expect(await rowsOf("c-grace")).toEqual([ended, ended]);
  });

  it("takes nothing more afterwards, and records nothing of it", async () => {
    const monitor = await openWorker("c-closed");
    await monitor.close();
    await expect(monitor.run(next(), instantly)).rejects.toBeInstanceOf(WorkerStoppedError);
    await expect(monitor.startTask(next())).rejects.toBeInstanceOf(WorkerStoppedError);
    await monitor.work(instantly);
    expect(await rowsOf("c-closed")).toEqual([]);
  });
});

describe("a task that changes hands", () => {
  it("is taken over from a killed worker by the next submission, which follows where its text is another", async () => {
    const { rows } = await database().pool.query<{ id: string }>(
      `insert into tts_monitor.tasks (text_id, content_hash, worker, incarnation)
       values (100001, encode(sha256('left behind'), 'hex'), 'c-killed', 0) returning id`,
    );
    const monitor = await openWorker("c-heir");
    const result = await monitor.run({ textId: 100_002, content: "left behind" }, instantly);
    expect(result).toMatchObject({ taskId: BigInt(rows[0]?.id ?? 0), textId: 100_001n, status: "completed" });
    expect(await monitor.getTaskStatus(100_002)).toMatchObject({ text_id: 100_002, status: "completed" });
    const lines = parseExposition(await monitor.metrics());
    expect(total(lines, "tts_worker_tasks_submitted_total")).toBe(1);
    expect(total(lines, "tts_worker_tasks_deduplicated_total")).toBe(0);
  });

  it("is lost to the newest process of the slot, which the frozen older one learns when it thaws", async () => {
    const options = { databaseUrl: database().url, worker: "c-slot", heartbeatInterval: 200 };
    const older = await startWorker(options, { tasks: 1, firstText: 100_010, handler: "hang" });
    await older.line(/^hangs/);
    older.freeze();
    const newer = await startWorker(options, { tasks: 1, firstText: 100_011 });
    await newer.line(/^done$/);
    expect((await rowsOf("c-slot")).map(({ status }) => status)).toEqual(["timeout", "completed"]);
    older.thaw();
    await older.line(/another process has taken this slot name/);
    await older.line(/^done$/);
    await Promise.all([older.end(), newer.end()]);
    const { rows } = await database().pool.query(
      "select from tts_monitor.tasks where text_id = 100010 and late_at is null",
    );
    expect(rows).toHaveLength(1);
  });
});

it("a worker that is closed answers none of its questions, and says why", async () => {
  const monitor = await openWorker("c-asked");
  await monitor.close();
  const questions = [
    () => monitor.getTaskStatus(1),
    () => monitor.findExistingByContent("text"),
    () => monitor.linkTask(1, 1n),
    () => monitor.getStats(),
  ];
  for (const ask of questions) await expect(ask()).rejects.toThrow(WorkerStoppedError);
});

it("the statistics name the application's table that is missing", async () => {
  const monitor = await openWorker("c-stats");
  const { name } = DatabaseUnavailableError;
  const message = "the application's table tts_texts is not in the search path";
  await expect(monitor.getStats()).rejects.toMatchObject({ name, message });
});

describe("a late result", () => {
  it("is noted also where the handler answers to the signal at once", async () => {
    const monitor = await openWorker("c-late", { taskTimeout: 50 });
    const { opened, open } = gate();
    const running = monitor.run(next(), async ({ signal }) => {
      signal.addEventListener("abort", () => open());
      await opened;
      return instantly();
    });
    await expect(running).rejects.toMatchObject({ status: "timeout", reason: "deadline_exceeded" });
    await eventually("it is noted", async () => {
      const lines = parseExposition(await monitor.metrics());
      return total(lines, "tts_worker_late_writes_total", { operation: "complete" }) === 1;
    });
  });
});
