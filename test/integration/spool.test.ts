import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { EmbeddedPostgres } from "../../src/db/embedded.ts";
import { migrate } from "../../src/db/migrate.ts";
import { type TaskMonitor, WorkerStoppedError } from "../../src/index.ts";
import { parseSpool } from "../../src/worker/finish-record.ts";
import { urlOf } from "../support/database-urls.ts";
import { query, useEmbeddedBench } from "../support/embedded.ts";
import { eventually } from "../support/eventually.ts";
import { parseExposition, total } from "../support/exposition.ts";
import type { TestProcess } from "../support/processes.ts";
import { readBooks, recount } from "../support/recount.ts";
import { spawnWorker, startWorker } from "../support/serve.ts";
import { mountSmallDisk } from "../support/small-disk.ts";
import { gate, instantly, useWorkers } from "../support/workers.ts";

const TASKS = 5;
const WORKER = "w.1";

const bench = useEmbeddedBench("file");
// Killed with its machine alive, a server loses nothing that it has not synced.
const startServer = () => bench.start({ settings: { fsync: "off" } });
let server: EmbeddedPostgres;
beforeAll(async () => {
  server = await startServer();
});
let url = "";
let spoolDir = "";
beforeEach(async ({ task }) => {
  const name = `test_${task.id.replaceAll(/\W/g, "_")}`;
  spoolDir = join(bench.folder(), name);
  await query(server.url, `create database ${name}`);
  url = urlOf(server.url, name);
  await migrate(url);
});
const openWorker = useWorkers(() => url);

const options = (spooling = true) => ({
  databaseUrl: url,
  worker: WORKER,
  concurrency: TASKS,
  heartbeatInterval: 200,
  ...(spooling && { spoolDir }),
});

const spooled = () =>
  readdirSync(spoolDir).flatMap((name) => parseSpool(readFileSync(join(spoolDir, name), "utf8")).finishes);

/** Text, status and reason of each task. */
const tasks = async () =>
  (await query(url, "select text_id, status, reason from tts_monitor.tasks order by text_id")).map((row) =>
    Object.values(row).join(" "),
  );

const ENDED = ["1 completed ", "2 completed ", "3 completed ", "4 completed ", "5 failed provider_throttled"];
const LOST = [1, 2, 3, 4, 5].map((text) => `${text} timeout worker_lost`);

async function counts(monitor: TaskMonitor) {
  const lines = parseExposition(await monitor.metrics());
  const of = (name: string) => total(lines, `tts_worker_${name}`);
  return {
    buffered: of("events_buffered"),
    replayed: of("events_replayed_total"),
    lost: of("events_lost_total"),
    finished: of("tasks_finished_total"),
    late: of("late_writes_total"),
  };
}

/** The ledger says of each task what its row says, and of late writes as many as given. */
async function expectExactLedger(late = 0): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query("create table gone (like tts_monitor.tasks)");
    const { "late//0": lateWrites, ...books } = await readBooks(client);
    expect(books).toEqual(await recount(client, "gone"));
    expect(Number(lateWrites?.n ?? 0)).toBe(late);
  } finally {
    await client.end();
  }
}

/** A worker process whose tasks all end while the database is away. */
async function workThroughOutage(spooling: boolean): Promise<TestProcess> {
  const release = `${spoolDir}.release`;
  const worker = await startWorker(options(spooling), { tasks: TASKS, handler: "held", release });
  const running = async () => (await tasks()).filter((task) => task.endsWith("processing ")).length === TASKS;
  await eventually("all run", running);
  await server.stop("immediate");
  writeFileSync(release, "");
  return worker;
}

async function dieDuringOutage(): Promise<void> {
  const worker = await workThroughOutage(true);
  await eventually("all results are on disk", () => spooled().length === TASKS);
  await worker.kill();
  server = await startServer();
}

describe("a worker that is killed while the database is away", () => {
  it("has each of its results written once, by the next process of its name", async () => {
    await dieDuringOutage();
    const monitor = await openWorker(WORKER, options());
    expect(await tasks()).toEqual(ENDED);
    expect(await counts(monitor)).toEqual({
      buffered: 0,
      replayed: TASKS,
      lost: 0,
      finished: TASKS,
      late: 0,
    });
    expect(readdirSync(spoolDir)).toEqual([]);
    await expectExactLedger();
    const [{ audio_url: audio } = {}] = await query(
      url,
      "select audio_url from tts_monitor.tasks where text_id = 3",
    );
    expect(audio).toBe("/audio/3.wav");
  });

  it("loses them as worker_lost where it has no spool", async () => {
    const worker = await workThroughOutage(false);
    await worker.line(/they are kept and repeated/);
    await worker.kill();
    server = await startServer();
    const monitor = await openWorker(WORKER, options());
    expect(await tasks()).toEqual(LOST);
    expect(await counts(monitor)).toMatchObject({ replayed: 0, lost: 0, finished: 0, late: 0 });
    await expectExactLedger();
  });

  it("may be killed again in the midst of writing them", async () => {
    await dieDuringOutage();
    const blocker = new pg.Client({ connectionString: url });
    await blocker.connect();
    await blocker.query("begin; select from tts_monitor.tasks where text_id = 2 for update");
    const second = spawnWorker(options());
    const allButOne = ENDED.map((task) => (task.startsWith("2 ") ? "2 processing " : task));
    await eventually("all but the locked one are written", async () => {
      expect(await tasks()).toEqual(allButOne);
      return true;
    });
    expect(second.output()).not.toContain("ready");
    await second.kill();
    await blocker.end();
    expect(spooled()).toHaveLength(TASKS);

    const third = await openWorker(WORKER, options());
    expect(await tasks()).toEqual(ENDED);
    expect(await counts(third)).toMatchObject({ replayed: TASKS, lost: 0, finished: TASKS, late: 0 });
    expect(readdirSync(spoolDir)).toEqual([]);
    await expectExactLedger();
  });

  it("has results that come after their tasks were swept counted as late, once each", async () => {
    await dieDuringOutage();
    const files = readdirSync(spoolDir).map((name) => join(spoolDir, name));
    const contents = files.map((file) => readFileSync(file));
    await query(
      url,
      `update tts_monitor.tasks set status = 'timeout', reason = 'worker_lost', finished_at = clock_timestamp()
       where text_id > 3`,
    );
    const swept = ENDED.map((task, i) => (i >= 3 ? LOST[i] : task));
    const monitor = await openWorker(WORKER, options());
    expect(await tasks()).toEqual(swept);
    expect(await counts(monitor)).toMatchObject({ replayed: 3, lost: 0, finished: 3, late: 2 });
    await monitor.close();
    // As if that process had died before it could remove the file.
    for (const [index, file] of files.entries()) writeFileSync(file, contents[index] ?? "");
    await openWorker(WORKER, options());
    expect(await tasks()).toEqual(swept);
    await expectExactLedger(2);
  });
});

describe("a worker that closes while the database is away", () => {
  it("keeps its result, says so, and writes it at its next start", async () => {
    const monitor = await openWorker(WORKER, { ...options(), shutdownGrace: 100 });
    const { opened, open } = gate();
    const running = monitor.run({ textId: 1, content: "kept" }, async () => {
      await opened;
      return instantly();
    });
    await eventually("it runs", async () => (await tasks()).join() === "1 processing ");
    await server.stop("immediate");
    open();
    const kept = expect(running).rejects.toThrow(
      new WorkerStoppedError(
        "the worker stopped before the database took this result: it is kept, and written when the worker starts again",
      ),
    );
    await eventually("it waits", async () => (await counts(monitor)).buffered === 1);
    await monitor.close();
    await kept;
    expect(await counts(monitor)).toMatchObject({ buffered: 0, lost: 0 });
    expect(spooled()).toHaveLength(1);

    await expect(openWorker(WORKER, options())).rejects.toThrow(/does not answer/);
    expect(spooled()).toHaveLength(1);
    server = await startServer();
    await openWorker(WORKER, options());
    expect(await tasks()).toEqual(["1 completed "]);
    expect(readdirSync(spoolDir)).toEqual([]);
  });
});

describe("a worker whose spool's disk is full", () => {
  it("delivers its results all the same when the database is back", async (context) => {
    mkdirSync(spoolDir);
    const disk = mountSmallDisk(spoolDir);
    if (!disk) return context.skip();
    try {
      disk.fill();
      const monitor = await openWorker(WORKER, options());
      const { opened, open } = gate();
      const runs = Promise.allSettled(
        [1, 2, 3].map((textId) =>
          monitor.run({ textId, content: `text ${textId}` }, async () => {
            await opened;
            return instantly();
          }),
        ),
      );
      await eventually("they run", async () =>
        (await tasks()).join().includes("1 processing ,2 processing ,3 processing "),
      );
      await server.stop("immediate");
      open();
      await eventually("they wait", async () => (await counts(monitor)).buffered === 3);
      server = await startServer();
      expect((await runs).map(({ status }) => status)).toEqual(Array(3).fill("fulfilled"));
      expect(await tasks()).toEqual(ENDED.slice(0, 3));
      expect(await counts(monitor)).toMatchObject({ replayed: 3, lost: 0, finished: 3 });
      await monitor.close();
    } finally {
      disk.unmount();
    }
  });
});
