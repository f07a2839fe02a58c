import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { createWorkerEmitter } from "../../src/domain/events.ts";
import { silentLogger } from "../../src/logger.ts";
import { createEventBuffer } from "../../src/worker/event-buffer.ts";
import type { Finish } from "../../src/worker/finish-record.ts";
import type { Spool } from "../../src/worker/spool.ts";

const away = () => Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
const late = (taskId: bigint): Finish => ({ kind: "late", taskId });

/** @param duration of each write, ms */
function setUp({ capacity, spool, duration }: { capacity?: number; spool?: Spool; duration?: number } = {}) {
  const events = createWorkerEmitter();
  const counts = { replayed: 0, lost: 0 };
  events.on("eventReplayed", () => counts.replayed++);
  events.on("eventLost", () => counts.lost++);
  const database = {
    up: true,
    taken: [] as string[],
    /** what it says to one task, where it does not simply take it */
    objects: new Map<bigint, Error>(),
    refused: 0,
    mostAtOnce: 0,
  };
  let atOnce = 0;
  async function apply({ taskId }: Finish, repeated: boolean): Promise<void> {
    database.mostAtOnce = Math.max(database.mostAtOnce, ++atOnce);
    if (duration) await sleep(duration);
    atOnce--;
    if (!database.up) {
      database.refused++;
      throw away();
    }
    const objection = database.objects.get(taskId);
    if (objection) throw objection;
    database.taken.push(`${taskId}${repeated ? " again" : ""}`);
  }
  const buffer = createEventBuffer({
    apply,
    events,
    log: silentLogger,
    ...(capacity && { capacity }),
    spool,
  });
  return { buffer, counts, database };
}

const outcomeOf = (delivery: Promise<void>) =>
  delivery.then(
    () => "taken",
    (error: Error) => `${error.name}: ${error.message}`,
  );

describe("the event buffer", () => {
  it("passes a finish straight on while the database takes it", async () => {
    const { buffer, counts, database } = setUp();
    await buffer.deliver(late(1n));
    expect(database.taken).toEqual(["1"]);
    expect([buffer.size, counts.replayed]).toEqual([0, 0]);
  });

  it("asks for few connections at once, however many finishes come, and takes none of them for an outage", async () => {
    const { buffer, counts, database } = setUp({ duration: 1 });
    await Promise.all(Array.from({ length: 300 }, (_, id) => buffer.deliver(late(BigInt(id)))));
    expect(database.taken).toEqual(Array.from({ length: 300 }, (_, id) => String(id)));
    expect([database.mostAtOnce, counts.replayed]).toEqual([4, 0]);
  });

  it("keeps a whole crowd when an outage begins in the middle of it, without asking for each in vain", async () => {
    const { buffer, counts, database } = setUp({ duration: 5 });
    const crowd = Array.from({ length: 100 }, (_, id) => buffer.deliver(late(BigInt(id))));
    await sleep(20);
    database.up = false;
    await sleep(20);
    expect(database.taken.length + buffer.size).toBe(100);
    expect(database.refused).toBeLessThan(10);
    database.up = true;
    await Promise.all(crowd);
    const once = Array.from({ length: 100 }, (_, id) => id);
    expect(database.taken.map(Number.parseFloat).sort((a, b) => a - b)).toEqual(once);
    expect(counts.lost).toBe(0);
  });

  it("keeps finishes through an outage and repeats them in their order, each until it is taken once", async () => {
    const { buffer, counts, database } = setUp();
    database.up = false;
    const kept = Promise.all([1n, 2n, 3n].map((id) => buffer.deliver(late(id))));
    await sleep(500);
    expect(buffer.size).toBe(3);
    database.up = true;
    await Promise.all([kept, buffer.deliver(late(4n))]);
    expect(database.taken).toEqual(["1 again", "2 again", "3 again", "4 again"]);
    expect([buffer.size, counts.replayed, counts.lost]).toEqual([0, 4, 0]);
  });

  it("loses the oldest, loudly, when more wait than it holds", async () => {
    const { buffer, counts, database } = setUp({ capacity: 2 });
    database.up = false;
    const outcomes = [1n, 2n, 3n].map((id) => outcomeOf(buffer.deliver(late(id))));
    await sleep(50);
    database.up = true;
    expect(await Promise.all(outcomes)).toEqual([expect.stringContaining("lost"), "taken", "taken"]);
    expect(database.taken).toEqual(["2 again", "3 again"]);
    expect(counts.lost).toBe(1);
  });

  it("hands an error that is no outage to whoever waits, and goes on with the rest", async () => {
    const { buffer, database } = setUp();
    database.up = false;
    const bad = outcomeOf(buffer.deliver(late(1n)));
    const good = outcomeOf(buffer.deliver(late(2n)));
    await sleep(50);
    database.objects.set(1n, new Error("refused"));
    database.up = true;
    expect(await Promise.all([bad, good])).toEqual(["Error: refused", "taken"]);
  });

  it("repeats a write that a lock keeps out without holding the others back", async () => {
    const { buffer, database } = setUp();
    database.up = false;
    database.objects.set(1n, Object.assign(new Error("lock timeout"), { code: "55P03" }));
    const blocked = buffer.deliver(late(1n));
    const free = buffer.deliver(late(2n));
    await vi.waitFor(() => expect(buffer.size).toBe(2));
    database.up = true;
    await free;
    expect([database.taken, buffer.size]).toEqual([["2 again"], 1]);
    database.objects.clear();
    await blocked;
    expect(database.taken).toEqual(["2 again", "1 again"]);
  });

  it("is empty once the database has taken everything", async () => {
    const { buffer, database } = setUp();
    await buffer.empty();
    database.up = false;
    const delivery = buffer.deliver(late(1n));
    const emptied = vi.fn();
    await vi.waitFor(() => expect(buffer.size).toBe(1));
    void buffer.empty().then(emptied);
    await sleep(50);
    expect(emptied).not.toHaveBeenCalled();
    database.up = true;
    await vi.waitFor(() => expect(emptied).toHaveBeenCalled());
    await delivery;
    expect(buffer.size).toBe(0);
  });

  it("gives up what is left when it closes, counts each as lost, and takes nothing more", async () => {
    const { buffer, counts, database } = setUp();
    database.up = false;
    const left = [1n, 2n].map((id) => outcomeOf(buffer.deliver(late(id))));
    await vi.waitFor(() => expect(buffer.size).toBe(2));
    await buffer.close();
    expect(await Promise.all(left)).toEqual(Array(2).fill(expect.stringMatching(/^WorkerStopped.* lost$/)));
    expect([buffer.size, counts.lost]).toEqual([0, 2]);
    database.up = true;
    await expect(buffer.deliver(late(3n))).rejects.toThrow(/stopped/);
    await buffer.empty();
    expect(database.taken).toEqual([]);
  });
});

/** Holds what the test lets it. */
function fakeSpool(takes: (finish: Finish) => boolean) {
  const kept: Finish[] = [];
  const spool: Spool = {
    keep: (finish) => void kept.push(finish),
    release: (finish) => void kept.splice(kept.indexOf(finish), 1),
    retry() {},
    holds: (finish) => kept.includes(finish) && takes(finish),
    close: async () => {},
  };
  return { spool, kept };
}

describe("the event buffer with a spool", () => {
  it("spools only what the database did not take, until it does", async () => {
    const { spool, kept } = fakeSpool(() => true);
    const { buffer, database } = setUp({ spool });
    await buffer.deliver(late(1n));
    expect(kept).toEqual([]);
    database.up = false;
    const waiting = [2n, 3n].map((id) => buffer.deliver(late(id)));
    await vi.waitFor(() => expect(kept).toEqual([late(2n), late(3n)]));
    database.up = true;
    await Promise.all(waiting);
    expect(kept).toEqual([]);
  });

  it("forgets in the spool what it gave up for the capacity's sake", async () => {
    const { spool, kept } = fakeSpool(() => true);
    const { buffer, database } = setUp({ spool, capacity: 1 });
    database.up = false;
    const first = outcomeOf(buffer.deliver(late(1n)));
    const second = outcomeOf(buffer.deliver(late(2n)));
    expect(await first).toMatch(/lost/);
    expect(kept).toEqual([late(2n)]);
    await buffer.close();
    await second;
  });

  it("says at its close which results are kept and which are lost, and counts the lost only", async () => {
    const { spool } = fakeSpool(({ taskId }) => taskId === 1n);
    const { buffer, counts, database } = setUp({ spool });
    database.up = false;
    const left = [1n, 2n].map((id) => outcomeOf(buffer.deliver(late(id))));
    await vi.waitFor(() => expect(buffer.size).toBe(2));
    await buffer.close();
    expect(await Promise.all(left)).toEqual([
      expect.stringMatching(/^WorkerStoppedError.* it is kept, and written when the worker starts again$/),
      expect.stringMatching(/^WorkerStoppedError.* it is lost$/),
    ]);
    expect(counts).toEqual({ replayed: 0, lost: 1 });
  });

  it("keeps at its close also a finish whose first attempt hangs", async () => {
    const { spool, kept } = fakeSpool(() => true);
    let fail: (error: Error) => void = () => {};
    const answer = new Promise<void>((_, reject) => {
      fail = reject;
    });
    const counts = { lost: 0 };
    const events = createWorkerEmitter();
    events.on("eventLost", () => counts.lost++);
    const apply = vi.fn(() => answer);
    const buffer = createEventBuffer({ apply, events, log: silentLogger, spool });
    const outcome = outcomeOf(buffer.deliver(late(1n)));
    await vi.waitFor(() => expect(apply).toHaveBeenCalled());
    await buffer.close();
    expect(kept).toEqual([late(1n)]);
    fail(away());
    expect(await outcome).toMatch(/it is kept/);
    expect(counts.lost).toBe(0);
  });
});
