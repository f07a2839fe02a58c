import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterEach, describe, expect, it } from "vitest";
import { migrate } from "../../src/db/migrate.ts";
import { createExporter } from "../../src/exporter.ts";
import { listen } from "../../src/http/server.ts";
import { silentLogger } from "../../src/logger.ts";
import { PACE } from "../../src/watch/pace.ts";
import { createTaskWatch } from "../../src/watch/task-watch.ts";
import { openStream } from "../support/event-stream.ts";
import { eventually } from "../support/eventually.ts";
import { SETTINGS } from "../support/exporter-settings.ts";
import { openPool } from "../support/open-pool.ts";
import { startOwnPostgres, useTestDatabase } from "../support/postgres.ts";
import { startServe, startWorker } from "../support/serve.ts";
import { LISTENERS, taskSteps, useStreamServers } from "../support/stream-servers.ts";
import { startTestProxy } from "../support/test-proxy.ts";

const database = useTestDatabase();
const startServer = useStreamServers(database);
const sql = (text: string, values: unknown[] = []) => database().pool.query(text, values);
const { queue, start, end } = taskSteps(sql);
let lastText = 0;
const newText = () => ++lastText;
// Looks at intervals would hide a notification that is missing.
const NOTIFIED_ONLY = { ...PACE, listening: 3_600_000, polling: 3_600_000 };

const listening = (sessions = 1) =>
  eventually(`${sessions} LISTEN`, async () => (await sql(LISTENERS)).rowCount === sessions);
const watched = (taskId: string) =>
  eventually(
    `task ${taskId} is watched`,
    async () => (await sql("select from tts_monitor.watches where task_id = $1", [taskId])).rowCount === 1,
  );

describe("a transition is notified", () => {
  let client: pg.Client;
  const heard: string[] = [];
  afterEach(() => client.end());
  const listenToo = async () => {
    client = new pg.Client({ connectionString: database().directUrl });
    await client.connect();
    client.on("notification", ({ payload }) => heard.push(payload ?? ""));
    await client.query("listen tts_monitor_task");
  };

  it("of tasks that a stream shows, and of no others", async () => {
    await listenToo();
    const [shown, other] = [await queue(newText()), await queue(newText())];
    const server = await startServer();
    const stream = await openStream(server.url(lastText - 1));
    await watched(shown);
    for (const task of [other, shown]) {
      await start(task);
      await sql("update tts_monitor.tasks set late_at = null where id = $1", [task]);
      await end(task);
    }
    await stream.end();
    await eventually("both transitions are heard", () => heard.length >= 2);
    await client.query("select");
    expect(heard).toEqual([shown, shown]);
  });

  it("no longer once nobody renews the request", async () => {
    await listenToo();
    heard.length = 0;
    const task = await queue(newText());
    await sql("insert into tts_monitor.watches values ($1, clock_timestamp() - interval '1 ms')", [task]);
    await start(task);
    await client.query("select");
    expect(heard).toEqual([]);
    const server = await startServer();
    const other = await queue(newText());
    await openStream(server.url(lastText));
    await watched(other);
    expect((await sql("select from tts_monitor.watches where task_id = $1", [task])).rowCount).toBe(0);
  });
});

describe("a stream is told", () => {
  it("by notification alone, on each of two exporters", async () => {
    const text = newText();
    const task = await queue(text);
    const servers = [await startServer({ pace: NOTIFIED_ONLY }), await startServer({ pace: NOTIFIED_ONLY })];
    const streams = await Promise.all(servers.map(({ url }) => openStream(url(text))));
    await listening(2);
    await watched(task);
    await sleep(200);
    await start(task);
    for (const stream of streams) await stream.names(2);
    await end(task);
    for (const stream of streams) expect(await stream.end()).toEqual(["status", "started", "completed"]);
  });

  it("by looking where nothing listens, for which nothing is asked to be notified", async () => {
    const text = newText();
    const task = await queue(text);
    const server = await startServer({ listenUrl: undefined });
    const stream = await openStream(server.url(text));
    await start(task);
    await stream.names(2);
    await end(task);
    expect(await stream.end()).toEqual(["status", "started", "completed"]);
    expect((await sql("select from tts_monitor.watches where task_id = $1", [task])).rowCount).toBe(0);
  });

  it("by looking while the listening session is cut off, and by notification again afterwards", async () => {
    const link = await startTestProxy(database().directUrl);
    const [text, later] = [newText(), newText()];
    const [task, next] = [await queue(text), await queue(later)];
    const pace = { ...PACE, listening: 3_600_000 };
    const server = await startServer({ listenUrl: link.url, pace });
    const streams = [await openStream(server.url(text)), await openStream(server.url(later))];
    await listening();
    // For the looks of before the session listened to be over.
    await sleep(1.5 * PACE.polling);
    link.cut();
    await start(task);
    await end(task);
    expect(await streams[0]?.end()).toEqual(["status", "started", "completed"]);
    link.heal();
    await listening();
    await watched(next);
    await sleep(200);
    await start(next);
    await end(next);
    expect(await streams[1]?.end()).toEqual(["status", "started", "completed"]);
  });

  it("of what happened while the database was away, its connection open all the while", async () => {
    const server = await startOwnPostgres();
    await migrate(server.url);
    const direct = async (text: string) => {
      const client = new pg.Client({ connectionString: server.url });
      await client.connect();
      return client.query(text).finally(() => client.end());
    };
    await direct("insert into tts_monitor.tasks (text_id) values (1)");
    const { url, stop } = await startServer({
      databaseUrl: server.url,
      listenUrl: server.url,
      patience: { comment: 200, stalled: 30_000 },
    });
    const stream = await openStream(url(1));
    await stream.names(1);
    await server.stop("immediate");
    const before = stream.comments();
    await eventually("comments go on", () => stream.comments() > before + 3);
    expect((await fetch(url(1))).status).toBe(503);
    await server.restart();
    await direct("update tts_monitor.tasks set status = 'processing'");
    await stream.names(2);
    await direct("update tts_monitor.tasks set status = 'completed'");
    expect(await stream.end()).toEqual(["status", "started", "completed"]);
    await stop();
    await server.remove();
  });

  it("of tasks that another process runs with the library", async () => {
    const worker = await startWorker(
      { databaseUrl: database().url, worker: "w-other", concurrency: 1 },
      { handler: "held", tasks: 1, firstText: 900_001, release: "/nonexistent/release" },
    );
    const server = await startServer();
    const url = server.url(900_001);
    await eventually("it runs", async () => (await fetch(url, { method: "HEAD" })).status === 200);
    const stream = await openStream(url);
    await stream.names(1);
    await sql("update tts_monitor.tasks set status = 'timeout' where text_id = 900001");
    expect((await stream.end()).at(-1)).toBe("timeout");
    await worker.kill();
  });
});

it("who begins to follow a task is told of it, also where the others know all of it already", async () => {
  const task = BigInt(await queue(newText()));
  const told: string[] = [];
  const db = openPool(database().url, "test watch", 1);
  const tell = (follower: string) => void told.push(follower);
  const watch = createTaskWatch<string>({
    db,
    listenUrl: undefined,
    log: silentLogger,
    tell,
    pace: NOTIFIED_ONLY,
  });
  watch.add(task, "first");
  await eventually("the first is told", () => told.includes("first"));
  watch.add(task, "second");
  await eventually("the second is told", () => told.includes("second"));
  await watch.close();
  await db.end();
});

describe("the exporter", () => {
  it("has at most five connections, streams and scrapes under way, through faults of all of them", async () => {
    const exporter = createExporter(
      database().url,
      { ...SETTINGS, database: { ...SETTINGS.database, listenUrl: database().directUrl } },
      silentLogger,
    );
    const server = await listen(exporter.app, { host: "127.0.0.1", port: 0 });
    exporter.scheduler.start();
    const url = (path: string) => `http://127.0.0.1:${server.port}${path}`;
    const text = newText();
    await queue(text);
    const streams = await Promise.all(
      Array.from({ length: 50 }, () => openStream(url(`/api/task/stream/${text}`))),
    );
    let most = 0;
    for (let round = 0; round < 20; round++) {
      const scrapes = Array.from({ length: 10 }, () => fetch(url("/metrics")));
      const { rows } = await sql(
        `select count(*)::int as sessions from pg_stat_activity
         where datname = current_database() and application_name like 'tts-monitor %'`,
      );
      most = Math.max(most, rows[0]?.sessions);
      await Promise.all(scrapes);
      if (round % 5 === 4) {
        await sql(`select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and application_name like 'tts-monitor %'`);
      }
    }
    expect(most).toBeGreaterThan(2);
    expect(most).toBeLessThanOrEqual(5);
    expect(streams.filter(({ ended }) => ended)).toEqual([]);
    exporter.drain();
    for (const stream of streams) expect(await stream.end()).toEqual(["status"]);
    await server.close();
    await exporter.scheduler.stop();
    await exporter.close();
  });

  it("that is told to end ends its streams and then itself", async () => {
    const text = newText();
    await queue(text);
    const serve = await startServe(database().url);
    const url = `${serve.url}/api/task/stream/${text}`;
    const stream = await openStream(url);
    await stream.names(1);
    expect(await serve.process.end()).toEqual({ code: 0, signal: null });
    expect(await stream.end()).toEqual(["status"]);
  });
});
