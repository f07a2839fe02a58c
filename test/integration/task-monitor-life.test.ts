import { describe, expect, it } from "vitest";
import { DatabaseUnavailableError, WorkerStoppedError } from "../../src/index.ts";
import { collectedLog } from "../support/collected-log.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/ports.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { instantly, nextText, useWorkers } from "../support/workers.ts";

const database = useTestDatabase();
const openWorker = useWorkers(() => database().url);

describe("a worker's life", () => {
  it("hands its slot to the newest process of its name: the older one aborts, is not ready, and does no harm", async () => {
    const port = await freePort();
    const older = await openWorker("w-slot", { heartbeatInterval: 100, listen: `127.0.0.1:${port}` });
    const request = nextText();
    const running = older.run(
      request,
      ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason));
        }),
    );
    running.catch(() => {});
    await eventually(
      "it runs",
      async () => (await older.getTaskStatus(request.textId))?.status === "processing",
    );
    const conflicts = async () =>
      (
        await database().pool.query(
          "select coalesce(sum(n), 0)::int as n from tts_monitor.task_ledger where event = 'slot_conflict'",
        )
      ).rows[0].n;
    const before = await conflicts();
    const { logger, messages } = collectedLog("warn");
    await openWorker("w-slot", { logger });
    expect(messages).toEqual([expect.stringContaining("two have been given one name")]);
    await expect(running).rejects.toBeInstanceOf(WorkerStoppedError);
    expect(await older.getTaskStatus(request.textId)).toMatchObject({ status: "timeout" });
    await expect(older.run(nextText(), instantly)).rejects.toBeInstanceOf(WorkerStoppedError);
    const ready = await fetch(`http://127.0.0.1:${port}/-/ready`);
    expect([ready.status, await ready.text()]).toEqual([503, expect.stringContaining("another process")]);
    await eventually("the conflict is counted", async () => (await conflicts()) === before + 1);
  });

  it("shows a live worker while open and nothing of it after a goodbye; close may be called twice", async () => {
    const monitor = await openWorker("w-goodbye");
    const rows = async () =>
      (await database().pool.query("select state from tts_monitor.worker_states where worker = 'w-goodbye'"))
        .rows;
    expect(await rows()).toEqual([{ state: "live" }]);
    await Promise.all([monitor.close(), monitor.close()]);
    expect(await rows()).toEqual([]);
  });

  it("holds no more than two PostgreSQL sessions under load", async () => {
    const monitor = await openWorker("w-sessions", { concurrency: 50 });
    await Promise.all(Array.from({ length: 200 }, () => monitor.run(nextText(), instantly)));
    const { rows } = await database().pool.query(
      `select count(*)::int as n from pg_stat_activity
       where datname = current_database() and application_name = 'tts-monitor worker w-sessions'`,
    );
    expect(rows[0].n).toBeLessThanOrEqual(2);
  });

  it("says in one line what is wrong with its options or its database", async () => {
    await expect(openWorker("no spaces")).rejects.toThrow(/the option worker must be/);
    await expect(openWorker("w", { concurrency: 0 })).rejects.toThrow(/the option concurrency must be/);
    await expect(openWorker("w", { taskTimeout: "40 minutes" })).rejects.toThrow(
      /the option taskTimeout must be/,
    );
    await expect(openWorker("w", { heartbeatTimeout: 5 })).rejects.toThrow(/heartbeatTimeout must be longer/);
    await expect(openWorker("w", { concurency: 2 } as object)).rejects.toThrow(
      /there is no option concurency/,
    );
    const away = `postgres://nobody@127.0.0.1:${await freePort()}/x`;
    await expect(openWorker("w", { databaseUrl: away })).rejects.toBeInstanceOf(DatabaseUnavailableError);
  });
});
