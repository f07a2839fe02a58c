import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { createListener } from "../../src/db/listener.ts";
import { migrate } from "../../src/db/migrate.ts";
import { query, useEmbeddedBench } from "../support/embedded.ts";
import { eventually } from "../support/eventually.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { startTestProxy } from "../support/test-proxy.ts";
import { useWorkLoops, watchSessions } from "../support/work-loops.ts";

const database = useTestDatabase();
const bench = useEmbeddedBench();
const loops = useWorkLoops(database);
const { record, allDone } = loops;
// A half-open session is found by its heartbeat (5 s) and that one's limit (5 s), and replaced.
const HEALED = 15_000;
const SESSIONS = 3;
// When it begins to listen a worker looks for tasks, once: what is recorded later only a ring can tell it.
const LOOKED = 250;

it("a listening session that is terminated is replaced, and what came meanwhile is made up for", async () => {
  await loops.start("w-terminated");
  const most = watchSessions(database().directUrl, "w-terminated");
  for (let again = 0; again < 3; again++) {
    const pid = await loops.listening("w-terminated");
    await database().pool.query("select pg_terminate_backend($1)", [pid]);
    await record();
    await allDone();
  }
  expect(await most()).toBeLessThanOrEqual(SESSIONS);
});

it("so is one whose link was cut, as soon as that heals", async () => {
  const link = await startTestProxy(database().directUrl);
  await loops.start("w-cut", { listenUrl: link.url });
  await loops.listening("w-cut");
  link.cut();
  await sleep(LOOKED);
  await eventually("it is gone", async () => (await loops.sessions("w-cut")).length <= 2);
  await record();
  link.heal();
  await allDone();
  await record();
  await allDone();
});

it("a half-open one is found and replaced within fifteen seconds, and wakes again", async () => {
  const link = await startTestProxy(database().directUrl);
  await loops.start("w-half-open", { listenUrl: link.url });
  const most = watchSessions(database().directUrl, "w-half-open");
  const deaf = await loops.listening("w-half-open");
  await sleep(LOOKED);
  link.hang();
  await record();
  await eventually("the notification is lost", () => link.lost > 0);
  link.heal();
  await eventually(
    "another one listens",
    async () => (await loops.listening("w-half-open")) !== deaf,
    HEALED,
  );
  await allDone();
  await record();
  await allDone();
  expect(await most()).toBeLessThanOrEqual(SESSIONS);
});

it("one that is well goes on past its heartbeats, and hears on all of its channels", async () => {
  const told: unknown[] = [];
  const listener = createListener({
    url: database().directUrl,
    applicationName: "test listener",
    channels: ["first", "second"],
    onNotify: (channel, payload) => told.push([channel, payload]),
    onConnected: () => told.push("listens"),
    onBroken: (error) => told.push(error),
  });
  const session = `select from pg_stat_activity where datname = current_database()
    and application_name = 'test listener' and query ilike '%pg_listening_channels%'`;
  await eventually("it has beaten", async () => (await database().pool.query(session)).rowCount === 1);
  await database().pool.query("notify first, 'a'; notify second, 'b'");
  await eventually("it hears", () => told.length > 2);
  await listener.close();
  expect(told).toEqual(["listens", ["first", "a"], ["second", "b"]]);
});

it("a worker that closes takes its listening session with it, also a half-open one", async () => {
  const link = await startTestProxy(database().directUrl);
  const worker = await loops.start("w-leaves", { listenUrl: link.url });
  const pid = await loops.listening("w-leaves");
  link.hang();
  await worker.close();
  link.heal();
  const session = "select from pg_stat_activity where pid = $1";
  await eventually("it is gone", async () => (await database().pool.query(session, [pid])).rowCount === 0);
});

it("it comes back after a restart of the server, and there are never more than three sessions", async () => {
  const server = await bench.start({ settings: { fsync: "off" } });
  await migrate(server.url);
  await loops.start("w-restart", { databaseUrl: server.url });
  const most = watchSessions(server.url, "w-restart");
  const recordAndWait = async () => {
    await query(server.url, "insert into tts_monitor.tasks (text_id) values (1)");
    const undone = "select from tts_monitor.tasks where status <> 'completed'";
    await eventually("it is done", async () => (await query(server.url, undone)).length === 0);
  };
  await recordAndWait();
  await server.stop("immediate");
  await bench.start({ settings: { fsync: "off" } });
  await recordAndWait();
  expect(await most()).toBeLessThanOrEqual(SESSIONS);
});
