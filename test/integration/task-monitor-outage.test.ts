import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { EmbeddedPostgres } from "../../src/db/embedded.ts";
import { migrate } from "../../src/db/migrate.ts";
import { DatabaseUnavailableError, DuplicateTaskError, WorkerStoppedError } from "../../src/index.ts";
import { query, useEmbeddedBench } from "../support/embedded.ts";
import { eventually } from "../support/eventually.ts";
import { parseExposition, total } from "../support/exposition.ts";
import { gate, instantly, useWorkers } from "../support/workers.ts";

const bench = useEmbeddedBench();
// Killed with its machine alive, a server loses nothing that it has not synced.
const startServer = () => bench.start({ settings: { fsync: "off" } });
let server: EmbeddedPostgres;
beforeEach(async () => {
  server = await startServer();
  await migrate(server.url);
});
const openWorker = useWorkers(() => server.url);
let frozen: number[] = [];
afterEach(thaw);

const statuses = () => query(server.url, "select status, reason from tts_monitor.tasks order by id");
const countOf = async (monitor: { metrics(): Promise<string> }, name: string) =>
  total(parseExposition(await monitor.metrics()), name);

/** Stops the server and every connection to it where they stand; what is sent meanwhile arrives at the thaw. */
async function freeze(): Promise<void> {
  const sessions = "select pid from pg_stat_activity where application_name like 'tts-monitor worker%'";
  frozen = [...(await query(server.url, sessions)).map(({ pid }) => Number(pid)), server.pid];
  for (const pid of frozen) process.kill(pid, "SIGSTOP");
}

function thaw(): void {
  for (const pid of frozen) process.kill(pid, "SIGCONT");
  frozen = [];
}

describe("a worker whose database is away", () => {
  it("keeps what it runs, and writes each result once when the database is back", async () => {
    const monitor = await openWorker("w-outage", { concurrency: 3, heartbeatInterval: 100 });
    const { opened, open } = gate();
    let started = 0;
    const runs = Promise.allSettled(
      [1, 2, 3].map((textId) =>
        monitor.run({ textId, content: `text ${textId}` }, async () => {
          started++;
          await opened;
          if (textId === 3) throw Object.assign(new Error("busy"), { reason: "provider_throttled" });
          return instantly();
        }),
      ),
    );
    await eventually("all run", () => started === 3);
    await server.stop("immediate");
    open();
    await eventually(
      "the results wait",
      async () => (await countOf(monitor, "tts_worker_events_buffered")) === 3,
    );
    expect(await countOf(monitor, "tts_worker_tasks_finished_total")).toBe(0);
    await expect(monitor.getTaskStatus(1)).rejects.toThrow(DatabaseUnavailableError);
    await expect(monitor.getStats()).rejects.toThrow(DatabaseUnavailableError);
    server = await startServer();
    expect((await runs).map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
    expect((await statuses()).map(({ reason }) => reason)).toEqual(
      expect.arrayContaining([null, null, "provider_throttled"]),
    );
    expect(await countOf(monitor, "tts_worker_events_replayed_total")).toBe(3);
    expect(await countOf(monitor, "tts_worker_tasks_finished_total")).toBe(3);
    expect(await countOf(monitor, "tts_worker_late_writes_total")).toBe(0);
    expect(await countOf(monitor, "tts_worker_heartbeat_failures_total")).toBeGreaterThan(0);
  });

  it("starts what it had recorded as soon as the database is back", async () => {
    const monitor = await openWorker("w-recorded");
    const { opened, open } = gate();
    const first = monitor.run({ textId: 1, content: "first" }, async () => {
      await opened;
      return instantly();
    });
    await eventually("it runs", async () => (await countOf(monitor, "tts_worker_tasks_active")) === 1);
    const second = monitor.run({ textId: 2, content: "second" }, instantly);
    await eventually("one waits", async () => (await countOf(monitor, "tts_worker_tasks_waiting")) === 1);
    await server.stop("immediate");
    open();
    server = await startServer();
    expect((await Promise.all([first, second])).map(({ status }) => status)).toEqual([
      "completed",
      "completed",
    ]);
  });

  it("refuses a submission at once, records nothing of it, and takes it when the database is back", async () => {
    const monitor = await openWorker("w-refuses");
    await server.stop("immediate");
    const request = { textId: 1, content: "refused" };
    await expect(monitor.run(request, instantly)).rejects.toBeInstanceOf(DatabaseUnavailableError);
    await expect(monitor.startTask(request)).rejects.toBeInstanceOf(DatabaseUnavailableError);
    server = await startServer();
    expect((await monitor.run(request, instantly)).status).toBe("completed");
    expect(await statuses()).toHaveLength(1);
  });

  it("claims again when the database is back", async () => {
    const monitor = await openWorker("w-claims");
    void monitor.work(instantly);
    await server.stop("immediate");
    server = await startServer();
    await query(server.url, "insert into tts_monitor.tasks (text_id) values (1)");
    await eventually("it is done", async () => (await statuses())[0]?.["status"] === "completed");
  });

  it("sets free what a frozen server records after the worker has given up on it", async () => {
    const monitor = await openWorker("w-frozen", { heartbeatInterval: 2000, concurrency: 2 });
    const pending = { textId: 1, content: "recorded late" };
    const started = { textId: 2, content: "started late" };
    // Both connections are there, and idle.
    await Promise.all([monitor.getTaskStatus(1), monitor.getTaskStatus(2)]);
    await freeze();
    const refused = await Promise.allSettled([monitor.run(pending, instantly), monitor.startTask(started)]);
    for (const result of refused) {
      expect(result).toMatchObject({ status: "rejected", reason: expect.any(DatabaseUnavailableError) });
    }
    thaw();
    await eventually("the server has recorded both", async () => (await statuses()).length === 2);
    await expect(monitor.run(pending, instantly)).rejects.toBeInstanceOf(DuplicateTaskError);
    const again = { ...pending, textId: 3 };
    const result = await eventually("the content is free", () => monitor.run(again, instantly), 30_000);
    expect(result).toMatchObject({ textId: 1n, status: "completed" });
    expect(await monitor.getTaskStatus(3)).toMatchObject({ text_id: 3, status: "completed" });
    expect(await eventually("the other too", () => monitor.run(started, instantly), 30_000)).toMatchObject({
      status: "completed",
    });
    // In whatever order the server has recorded them.
    expect((await statuses()).map(({ status, reason }) => [status, reason]).sort()).toEqual([
      ["completed", null],
      ["completed", null],
      ["failed", "internal"],
    ]);
  });

  it("closes all the same, and says of each result that it is lost", async () => {
    const monitor = await openWorker("w-closes", { shutdownGrace: 100 });
    const { opened, open } = gate();
    const running = monitor.run({ textId: 1, content: "lost" }, async () => {
      await opened;
      return instantly();
    });
    await eventually("it runs", async () => (await countOf(monitor, "tts_worker_tasks_active")) === 1);
    await server.stop("immediate");
    open();
    const lost = expect(running).rejects.toBeInstanceOf(WorkerStoppedError);
    await monitor.close();
    await lost;
    expect(await countOf(monitor, "tts_worker_events_lost_total")).toBe(1);
  });
});
