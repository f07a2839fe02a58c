import { existsSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import { query, useEmbeddedBench } from "../support/embedded.ts";
import { eventually } from "../support/eventually.ts";
import { total } from "../support/exposition.ts";
import { freePort } from "../support/ports.ts";
import { createTestDatabase } from "../support/postgres.ts";
import { startCli, type TestProcess } from "../support/processes.ts";
import { listening, startServe } from "../support/serve.ts";
import { isThere, makeFolder } from "../support/temporary-server.ts";

const folder = makeFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const NOBODY = async () => `postgres://nobody@127.0.0.1:${await freePort()}/nothing`;
const STARTUP = 30_000;

/** What it said before it ended by itself: the message, without the logs. */
async function refusal(process: TestProcess): Promise<{ code: number | null; lines: string[] }> {
  const { code } = await process.exited;
  const lines = process
    .output()
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("{"));
  return { code, lines };
}

describe("an invalid configuration ends with 2 and one line that names the setting as it was given", () => {
  it.each([
    [["--no-such-flag"], {}, "--no-such-flag"],
    [["--sweep.interval=soon"], {}, "--sweep.interval"],
    [["--task.timeout=-5s"], {}, "--task.timeout"],
    [["--heartbeat.timeout=5s", "--heartbeat.interval=5s"], {}, "--heartbeat.timeout"],
    [["--web.listen-address=nowhere:99999"], {}, "--web.listen-address"],
    [[], { TTS_MONITOR_CONCURRENCY_GLOBAL: "NaN" }, "TTS_MONITOR_CONCURRENCY_GLOBAL"],
    [[], { DATABASE_URL: "mysql://x:secret@y/z" }, "DATABASE_URL"],
  ])("%j %j", async (flags, env, named) => {
    const { code, lines } = await refusal(startCli(["serve", ...flags], { env }));
    expect(code).toBe(2);
    expect(lines).toEqual([expect.stringMatching(new RegExp(`^tts-monitor: .*${named}`))]);
    expect(lines[0]).not.toContain("secret");
  });
});

describe("without its database", () => {
  const bench = useEmbeddedBench();

  it("keeps running, and is ready when the database comes, leaves and comes again", async () => {
    const port = await freePort();
    const first = await bench.start({ port });
    await first.stop();
    const exporter = await startServe(first.url, "--database.migrate");
    const up = async () => total(await exporter.scrape(), "tts_db_up");
    const becomes = (status: number) => exporter.process.answers(`${exporter.url}/-/ready`, status, STARTUP);
    expect(await becomes(503)).toContain("the database does not answer");
    expect(await up()).toBe(0);
    for (let time = 0; time < 2; time++) {
      const server = await bench.start({ port });
      expect(server.url).toBe(first.url);
      await becomes(200);
      expect(await up()).toBe(1);
      await server.stop("immediate");
      await becomes(503);
      expect(await up()).toBe(0);
      await exporter.process.answers(`${exporter.url}/-/healthy`);
    }
    expect(await exporter.process.end()).toEqual({ code: 0, signal: null });
  });

  it("migrate ends with 1 and one line that names the trouble", async () => {
    const { code, lines } = await refusal(startCli(["migrate", `--database.url=${await NOBODY()}`]));
    expect(code).toBe(1);
    expect(lines).toEqual([expect.stringMatching(/^tts-monitor: the database could not be migrated: ./)]);
  });
});

it("migrate and then serve --database.migrate find the schema as they want it", async () => {
  const database = await createTestDatabase({ migrated: false });
  const unready = await startServe(database.url);
  const body = await unready.process.answers(`${unready.url}/-/ready`, 503);
  expect(body).toContain("tts-monitor migrate");
  const migration = startCli(["migrate", `--database.url=${database.url}`]);
  expect((await migration.exited).code).toBe(0);
  expect(migration.output()).toMatch(/^schema version \d+, [1-9]\d* migrations applied$/m);
  const second = await startServe(database.url, "--database.migrate");
  for (const { process, url } of [unready, second]) {
    await process.answers(`${url}/-/ready`, 200, STARTUP);
    expect((await process.end()).code).toBe(0);
  }
  await database.drop();
});

it("a port that is taken ends it with 1 and one line", async () => {
  const databaseUrl = await NOBODY();
  const first = await startServe(databaseUrl);
  const { host } = new URL(first.url);
  const second = startCli(["serve", `--database.url=${databaseUrl}`, `--web.listen-address=${host}`]);
  const { code, lines } = await refusal(second);
  expect(code).toBe(1);
  expect(lines).toEqual([`tts-monitor: cannot listen on ${host}: the port is in use by another process`]);
  await first.process.end();
});

it("the first signal waits for a request under way, the second does not", async () => {
  const { process, url } = await startServe(await NOBODY());
  const client = connect(Number(new URL(url).port), "127.0.0.1");
  client.on("error", () => {});
  client.write("GET /-/healthy HTTP/1.1\r\nHost: x\r\n");
  // Answered after the half of a request was taken: both went to the same event loop.
  await process.answers(`${url}/-/healthy`);
  process.signal("SIGTERM");
  await process.line(/shutting down/);
  await sleep(300);
  expect(isThere(process.pid)).toBe(true);
  process.signal("SIGTERM");
  expect(await process.exited).toEqual({ code: 1, signal: null });
  client.destroy();
});

describe("the embedded default", () => {
  const startEmbedded = () =>
    startCli(["serve", `--data-dir=${join(folder, "data")}`, "--web.listen-address=127.0.0.1:0"]);
  const dataDir = join(folder, "data", "postgres");
  const lockFile = join(dataDir, "postmaster.pid");
  const databaseUrl = () => {
    const { password, port } = JSON.parse(readFileSync(join(dataDir, "tts-monitor.json"), "utf8"));
    return `postgres://postgres:${password}@127.0.0.1:${port}/tts_monitor`;
  };
  const postmaster = () => Number.parseInt(readFileSync(lockFile, "utf8"), 10);

  it("says so in one line, leaves no process at its end, and finds its data at the next start", async () => {
    const process = startEmbedded();
    await process.line(/^no database is configured: using an embedded PostgreSQL in /, STARTUP);
    const first = await listening(process);
    await process.answers(`${first.url}/-/ready`, 200, STARTUP);
    await query(databaseUrl(), "insert into tts_monitor.tasks (text_id, status) values (1, 'completed')");
    const pid = postmaster();
    expect(await process.end()).toEqual({ code: 0, signal: null });
    expect(isThere(pid)).toBe(false);
    expect(existsSync(lockFile)).toBe(false);

    const second = await listening(startEmbedded());
    await eventually("the exporter has its database", async () => {
      return total(await second.scrape(), "tts_db_tasks_finished_total", { outcome: "completed" }) === 1;
    });
    expect(await second.process.end()).toEqual({ code: 0, signal: null });
  });

  it("a killed exporter's database is taken over by the next one", async () => {
    const first = await listening(startEmbedded());
    await first.process.answers(`${first.url}/-/ready`, 200, STARTUP);
    const orphan = postmaster();
    await first.process.kill();
    const second = await listening(startEmbedded());
    await second.process.answers(`${second.url}/-/ready`, 200, STARTUP);
    expect(total(await second.scrape(), "tts_db_tasks_finished_total")).toBe(1);
    expect(isThere(orphan)).toBe(false);
    expect(await second.process.end()).toEqual({ code: 0, signal: null });
  });
});
