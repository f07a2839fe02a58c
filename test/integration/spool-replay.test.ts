import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readInstallation } from "../../src/db/settings-store.ts";
import { insertStarted } from "../../src/db/start-store.ts";
import type { Slot } from "../../src/db/worker-store.ts";
import type { Ending } from "../../src/domain/ending.ts";
import { createWorkerEmitter } from "../../src/domain/events.ts";
import { ConfigError, createTaskMonitor } from "../../src/index.ts";
import { silentLogger } from "../../src/logger.ts";
import { createEventBuffer } from "../../src/worker/event-buffer.ts";
import { applyFinish } from "../../src/worker/finish.ts";
import { type Finish, lineOf } from "../../src/worker/finish-record.ts";
import { openSpool } from "../../src/worker/replay.ts";
import { spoolFile } from "../../src/worker/spool-dir.ts";
import { openPool } from "../support/open-pool.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { readBooks } from "../support/recount.ts";
import { COMPLETED, FAILED, HOUR, hashOf, takeSlot } from "../support/tasks.ts";

const database = useTestDatabase();
const STRANGER = "0c8d5a1e-5b0f-4f0e-9a53-0c6f1d6e2b11";

let dir = "";
let pool: pg.Pool;
let installation = "";
let hashes = 0;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "tts-monitor-spool-"));
  pool = openPool(database().url, "replay", 2);
  installation = await readInstallation(pool);
});
afterEach(async () => {
  rmSync(dir, { recursive: true, force: true });
  await pool.end();
});

async function startTask(slot: Slot): Promise<bigint> {
  const id = await insertStarted(
    pool,
    { textId: 1n, contentHash: hashOf(++hashes), slot, dedupWindow: HOUR },
    HOUR,
  );
  if (id === undefined) throw new Error("the task did not start");
  return id;
}

const end = (taskId: bigint, ending: Ending = COMPLETED): Finish => ({ kind: "end", taskId, ending });

function leave(slot: Slot, lines: string[], of = installation): string {
  const file = spoolFile(dir, slot, of);
  writeFileSync(file, lines.join(""));
  return file;
}

const statusOf = async (taskId: bigint) =>
  (await pool.query("select status from tts_monitor.tasks where id = $1", [taskId])).rows[0]?.status;

const lateNotes = async () => Number((await readBooks(pool))["late//0"]?.n ?? 0);

function counting() {
  const counts = { replayed: 0, lost: 0, finished: 0, late: 0 };
  const events = createWorkerEmitter();
  events.on("eventReplayed", () => counts.replayed++);
  events.on("eventLost", () => counts.lost++);
  events.on("finished", () => counts.finished++);
  events.on("lateWrite", () => counts.late++);
  return { events, counts };
}

async function replay(worker: string, by: pg.Pool = pool) {
  const { events, counts } = counting();
  await openSpool({ pool: by, events, log: silentLogger }, dir, worker);
  return counts;
}

/** A pool that does as told once it has run a statement that matches. */
function afterwards(pattern: RegExp, then: () => void): pg.Pool {
  return {
    async query(sql: string, values: unknown[]) {
      const result = await pool.query(sql, values);
      if (pattern.test(sql)) then();
      return result;
    },
  } as unknown as pg.Pool;
}

const lostAnswer = () => Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });

describe("the replay of what a worker's former processes left", () => {
  it("writes the files of all of them, the oldest first, each line in its order", async () => {
    const [older, newer] = [await takeSlot(pool, "w-order"), await takeSlot(pool, "w-order")];
    const [first, second] = [await startTask(newer), await startTask(newer)];
    leave(newer, [end(first, FAILED), end(first), end(second)].map(lineOf));
    leave(older, []);
    // The second end of one task comes too late for the first.
    expect(await replay("w-order")).toEqual({ replayed: 2, lost: 0, finished: 2, late: 1 });
    expect([await statusOf(first), await statusOf(second)]).toEqual(["failed", "completed"]);
    expect(readdirSync(dir)).toEqual([]);
  });

  it("counts as lost what is broken or another process's, leaves it for people to see, and writes the rest", async () => {
    const [slot, other] = [await takeSlot(pool, "w-broken"), await takeSlot(pool, "w-other")];
    const [first, second, third] = [await startTask(slot), await startTask(slot), await startTask(other)];
    const lines = [lineOf(end(first)), "{broken\n", lineOf(end(third)), lineOf(end(second)), '{"kind":"en'];
    const file = leave(slot, lines);
    expect(await replay("w-broken")).toEqual({ replayed: 2, lost: 2, finished: 2, late: 0 });
    expect([await statusOf(first), await statusOf(second), await statusOf(third)]).toEqual([
      "completed",
      "completed",
      "processing",
    ]);
    expect(existsSync(file)).toBe(false);
    expect(readFileSync(`${file}.lost`, "utf8")).toBe(lines.join(""));
    expect(await replay("w-broken")).toMatchObject({ replayed: 0, lost: 0 });
  });

  it("leaves alone what is meant for another database, and what other workers left", async () => {
    const [slot, dotted] = [await takeSlot(pool, "w-own"), await takeSlot(pool, "w-own.1")];
    const [task, dottedTask] = [await startTask(slot), await startTask(dotted)];
    const strangers = leave(slot, [lineOf(end(task))], STRANGER);
    const neighbours = leave(dotted, [lineOf(end(dottedTask))]);
    expect(await replay("w-own")).toEqual({ replayed: 0, lost: 0, finished: 0, late: 0 });
    expect([await statusOf(task), await statusOf(dottedTask)]).toEqual(["processing", "processing"]);
    expect([existsSync(strangers), existsSync(neighbours)]).toEqual([true, true]);
  });

  it("leaves everything where it is when the database fails it, at whichever statement, and ends it the next time", async () => {
    const slot = await takeSlot(pool, "w-fails");
    const [first, second] = [await startTask(slot), await startTask(slot)];
    const swept = await startTask(slot);
    await pool.query(
      `update tts_monitor.tasks set status = 'timeout', reason = 'worker_lost', finished_at = clock_timestamp()
       where id = $1`,
      [swept],
    );
    const notes = await lateNotes();
    const file = leave(slot, [end(first), end(swept), end(second, FAILED)].map(lineOf));
    let failures = 0;
    for (let statements = 1; existsSync(file); statements++) {
      let left = statements;
      const failing = afterwards(/./, () => {
        if (--left === 0) throw lostAnswer();
      });
      await replay("w-fails", failing).catch(() => failures++);
      if (failures === statements) expect(existsSync(file)).toBe(true);
    }
    // The installation, whose tasks, and a few for each of the three.
    expect(failures).toBeGreaterThan(5);
    expect([await statusOf(first), await statusOf(second), await statusOf(swept)]).toEqual([
      "completed",
      "failed",
      "timeout",
    ]);
    expect(await lateNotes()).toBe(notes + 1);
  });

  it("stops where the database refuses it a right, instead of losing what it may not write", async () => {
    const slot = await takeSlot(pool, "w-rights");
    const file = leave(slot, [lineOf(end(await startTask(slot)))]);
    const denied = Object.assign(new Error("permission denied for table tasks"), { code: "42501" });
    const deaf = afterwards(/update/, () => {
      throw denied;
    });
    await expect(replay("w-rights", deaf)).rejects.toBe(denied);
    expect(existsSync(file)).toBe(true);
  });
});

it("a worker whose spool's directory cannot be used does not open", async () => {
  const spoolDir = join(dir, "file");
  writeFileSync(spoolDir, "");
  const opening = createTaskMonitor({ databaseUrl: database().url, worker: "w-dir", spoolDir });
  await expect(opening).rejects.toThrow(ConfigError);
});

describe("a late result whose answer is lost", () => {
  it("is repeated, and counts once", async () => {
    const slot = await takeSlot(pool, "w-late");
    const task = await startTask(slot);
    const { events, counts } = counting();
    await applyFinish({ pool, events }, end(task), false);
    const notes = await lateNotes();
    let answers = 0;
    const unlucky = afterwards(/late_at/, () => {
      if (++answers <= 2) throw lostAnswer();
    });
    const buffer = createEventBuffer({
      apply: (finish, repeated) => applyFinish({ pool: unlucky, events }, finish, repeated),
      events,
      log: silentLogger,
    });
    await buffer.deliver({ kind: "late", taskId: task });
    expect(answers).toBe(3);
    expect(await lateNotes()).toBe(notes + 1);
    expect(counts.late).toBe(1);

    // Another one, which came by itself, counts by itself.
    await buffer.deliver({ kind: "late", taskId: task });
    expect(await lateNotes()).toBe(notes + 2);
  });
});
