import pg from "pg";
import { afterEach, describe, expect, it, vi } from "vitest";
import { eventually } from "../support/eventually.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { useWorkLoops } from "../support/work-loops.ts";
import { instantly, useWorkers } from "../support/workers.ts";

const database = useTestDatabase();
const openMonitor = useWorkers(() => database().url);
const loops = useWorkLoops(database);
const { record, allDone } = loops;
const sql = (text: string, values: unknown[] = []) => database().pool.query(text, values);
afterEach(() => vi.restoreAllMocks());

describe("a pending task that nobody waits with", () => {
  it("starts without a further look when it is recorded in another session", async () => {
    await loops.start("w-woken");
    await loops.listening("w-woken");
    for (let again = 0; again < 3; again++) {
      await record();
      await allDone();
    }
  });

  it("so do all that come in one statement, more than there are slots", async () => {
    await loops.start("w-many", { concurrency: 2 });
    await loops.listening("w-many");
    await record(50);
    await allDone();
  });

  it("and one that its worker gives up", async () => {
    await openMonitor("w-holder");
    await loops.start("w-heir");
    await loops.listening("w-heir");
    await sql(
      `insert into tts_monitor.tasks (text_id, worker, incarnation)
       select 1, worker, incarnation from tts_monitor.workers where worker = 'w-holder'`,
    );
    await sql("update tts_monitor.tasks set worker = null, incarnation = null where status = 'pending'");
    await allDone();
  });

  it("is one worker's, of ten that are woken together", async () => {
    let handled = 0;
    const handler = async () => {
      handled++;
      return instantly();
    };
    const names = Array.from({ length: 10 }, (_, index) => `w-herd-${index}`);
    for (const name of names) await loops.start(name, {}, handler);
    await Promise.all(names.map(loops.listening));
    await record(30);
    await allDone();
    expect(handled).toBe(30);
  });

  it("is found without LISTEN too, by looking once a second", async () => {
    const monitor = await openMonitor("w-polls", { listenUrl: "none" });
    void monitor.work(instantly);
    await record();
    await allDone();
    expect((await loops.sessions("w-polls")).length).toBeLessThanOrEqual(2);
  });
});

describe("notifications", () => {
  it("come of tasks that nobody waits with, never of those of run and startTask", async () => {
    const client = new pg.Client({ connectionString: database().directUrl });
    await client.connect();
    let heard = 0;
    client.on("notification", () => heard++);
    await client.query("listen tts_monitor_pending");
    const monitor = await openMonitor("w-quiet", { concurrency: 2 });
    await monitor.run({ textId: 1, content: "quiet" }, instantly);
    const { taskId } = await monitor.startTask({ textId: 2, content: "quiet too" });
    await monitor.completeTask(taskId, await instantly());
    await client.query("select");
    expect(heard).toBe(0);
    await record();
    await eventually("one for the insert", () => heard === 1);
    const owned = (worker: string | null) =>
      sql("update tts_monitor.tasks set worker = $1, incarnation = 0 where status = 'pending'", [worker]);
    await owned("gone");
    await owned("its heir");
    await owned(null);
    await eventually("one for the task that lost its owner", () => heard > 1);
    await client.query("select");
    expect(heard).toBe(2);
    await client.end();
    await loops.start("w-tidies");
    await allDone();
  });

  it("in a storm, with nothing to do, do not make a worker spin", async () => {
    const { context } = await loops.start("w-storm");
    await loops.listening("w-storm");
    const queries = vi.spyOn(context.pool, "query");
    const begin = performance.now();
    for (let ring = 0; ring < 500; ring++) await sql("notify tts_monitor_pending");
    const elapsed = performance.now() - begin;
    // Two queries a look, a look in 25 ms at most, and the heartbeats.
    expect(queries.mock.calls.length).toBeLessThan((2 * elapsed) / 25 + 10);
    expect(queries).toHaveBeenCalled();
  });

  it("nor while the global limit keeps tasks back, which start as soon as it lets them", async () => {
    await sql("update tts_monitor.settings set concurrency_global = 0");
    const { context } = await loops.start("w-limited", { concurrency: 5 });
    await loops.listening("w-limited");
    const queries = vi.spyOn(context.pool, "query");
    const begin = performance.now();
    for (let task = 0; task < 200; task++) await record();
    const elapsed = performance.now() - begin;
    expect(queries.mock.calls.length).toBeLessThan((3 * elapsed) / 25 + 10);
    await sql("update tts_monitor.settings set concurrency_global = null");
    await allDone();
  });
});
