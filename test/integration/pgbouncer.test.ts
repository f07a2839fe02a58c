import { readFileSync } from "node:fs";
import pg from "pg";
import request from "supertest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { collectedLog } from "../support/collected-log.ts";
import { eventually } from "../support/eventually.ts";
import { useExporter } from "../support/exporter.ts";
import { type Line, parseExposition, total } from "../support/exposition.ts";
import { openPool } from "../support/open-pool.ts";
import { type PgBouncer, POOL_SIZE, startPgBouncer } from "../support/pgbouncer.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { describeWith } from "../support/programs.ts";
import { createAppTables } from "../support/seed.ts";
import { useWorkLoops } from "../support/work-loops.ts";
import { gate, instantly, useWorkers } from "../support/workers.ts";

const database = useTestDatabase();
let bouncer: PgBouncer;
const loops = useWorkLoops(database);
const openWorker = useWorkers(() => bouncer.url);
const sql = async (text: string, values: unknown[] = []) => (await database().pool.query(text, values)).rows;
const undone = () => sql("select from tts_monitor.tasks where status in ('pending', 'processing')");

describeWith("pgbouncer", "behind pgbouncer in transaction mode", (program) => {
  beforeAll(async () => {
    await createAppTables(database().pool);
    bouncer = await startPgBouncer(program, database().directUrl);
  });
  afterAll(() => bouncer.remove());
  const exporter = useExporter(() => bouncer.url);
  const scrape = async () => parseExposition((await request(exporter().app).get("/metrics")).text);

  describe.each(["direct", "none"])("a worker whose listen-url is %s", (listen) => {
    const options = () => ({ listenUrl: listen === "none" ? "none" : database().directUrl });

    it("runs tasks, claims pending ones, and tells of them", async () => {
      const monitor = await openWorker(`w-runs-${listen}`, options());
      const request = { textId: 1, content: `through the pool, ${listen}` };
      expect(await monitor.run(request, instantly)).toMatchObject({ status: "completed" });
      expect(await monitor.getTaskStatus(1)).toMatchObject({ status: "completed" });
      void monitor.work(instantly);
      await loops.record(5);
      await eventually("all are claimed and done", async () => (await undone()).length === 0);
      expect(await monitor.getStats()).toMatchObject({ tasks_completed: expect.any(Number) });
    });

    it("keeps its results over pgbouncer's death, and goes on when that is back", async () => {
      const monitor = await openWorker(`w-outage-${listen}`, { ...options(), concurrency: 2 });
      void monitor.work(instantly);
      const { opened, open } = gate();
      const { opened: started, open: start } = gate();
      const running = monitor.run({ textId: 1, content: `over an outage, ${listen}` }, () => {
        start();
        return opened.then(instantly);
      });
      await started;
      await bouncer.kill();
      open();
      await loops.record();
      expect(total(await scrape(), "tts_db_up")).toBe(0);
      expect(await undone()).not.toHaveLength(0);
      await bouncer.start();
      expect(await running).toMatchObject({ status: "completed" });
      await eventually("the pending one is done too", async () => (await undone()).length === 0);
      await eventually("the exporter is back", async () => total(await scrape(), "tts_db_up") === 1);
    });
  });

  it("a worker that listens past it is woken", async () => {
    await loops.start("w-woken", { databaseUrl: bouncer.url, listenUrl: database().directUrl });
    await loops.listening("w-woken");
    for (let again = 0; again < 3; again++) {
      await loops.record();
      await loops.allDone();
    }
  });

  it("a worker that listens through it says that this is no use, once, and looks by itself", async () => {
    const { logger, messages } = collectedLog("warn");
    const monitor = await openWorker("w-misled", { logger });
    void monitor.work(instantly);
    const letGo = await holdListening();
    await eventually("it warns", () => messages.length > 0, 15_000);
    await letGo();
    await loops.record();
    await eventually("it goes on all the same", async () => (await undone()).length === 0);
    expect(messages).toEqual(["notifications: cannot be read"]);
  });

  it("an exporter scrapes, sweeps, folds, prunes, audits and discovers", async () => {
    const monitor = await openWorker("w-seen", { listen: "127.0.0.1:0", listenUrl: "none" });
    const before = total(await scrape(), "tts_db_tasks_finished_total", { outcome: "timeout" }) ?? 0;
    await sql(
      `insert into tts_monitor.tasks (text_id, status, started_at, deadline_at)
       values (1, 'processing', now() - interval '1 hour', now() - interval '1 minute')`,
    );
    exporter().scheduler.start();
    await eventually("it is swept", async () => (await undone()).length === 0);
    await eventually(
      "the deltas are folded",
      async () => (await sql("select from tts_monitor.task_deltas")).length === 0,
    );
    const lines = await scrape();
    expect(total(lines, "tts_db_tasks_finished_total", { outcome: "timeout" })).toBe(before + 1);
    for (const job of ["sweep", "fold", "prune", "audit"]) {
      await eventually(`${job} has run`, async () => runs(await scrape(), { job, result: "ok" }) > 0);
    }
    expect(runs(await scrape(), { result: "error" })).toBe(0);
    const targets = [{ targets: [`127.0.0.1:${monitor.port}`], labels: { worker: "w-seen" } }];
    expect((await request(exporter().app).get("/sd/workers")).body).toEqual(targets);
    await exporter().scheduler.stop();
  });

  it("the role's settings of the documentation replace what pgbouncer ignores", async () => {
    const [documented = ""] =
      /(?<=```sql\n)[\s\S]*?(?=```)/.exec(readFileSync("docs/pgbouncer.md", "utf8")) ?? [];
    const { username, pathname } = new URL(database().directUrl);
    await sql(documented.replaceAll("role tts_writer", `role ${username} in database ${pathname.slice(1)}`));
    const limits = () => settingsOf(pooled.url);
    const pooled = await startPgBouncer(program, database().directUrl);
    try {
      expect(await limits()).toEqual(await settingsOf(database().directUrl));
    } finally {
      await pooled.remove();
    }
  });
});

const runs = (lines: Line[], labels: Record<string, string>) =>
  total(lines, "tts_monitor_job_runs_total", labels) ?? 0;

/** Takes sessions of the pool until it has one that LISTENs: what comes next gets others. @returns gives them back */
async function holdListening(): Promise<() => Promise<void>> {
  const clients: pg.Client[] = [];
  const letGo = async () => void (await Promise.all(clients.splice(0).map((client) => client.end())));
  await eventually("a session of the pool listens", async () => {
    await letGo();
    for (let taken = 0; taken < POOL_SIZE - 1; taken++) {
      const client = new pg.Client({ connectionString: bouncer.url });
      clients.push(client);
      await client.connect();
      await client.query("begin");
      const { rows } = await client.query("select pg_listening_channels()");
      if (rows.length > 0) return true;
    }
    return false;
  });
  return letGo;
}

/** What the server holds a worker's sessions to. */
async function settingsOf(url: string): Promise<unknown> {
  const pool = openPool(url, "settings", 1, 4000);
  try {
    const { rows } = await pool.query(
      `select name, setting from pg_settings where name = any(array[
         'statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout',
         'default_transaction_isolation'
       ]) order by name`,
    );
    return rows;
  } finally {
    await pool.end();
  }
}
