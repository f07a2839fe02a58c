import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { silentLogger } from "../../src/logger.ts";
import { createEventBuffer } from "../../src/worker/event-buffer.ts";
import { createWorkerEmitter } from "../../src/worker/events.ts";

const away = () => Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });

function setUp(capacity?: number) {
  const events = createWorkerEmitter();
  const counts = { replayed: 0, lost: 0 };
  events.on("eventReplayed", () => counts.replayed++);
  events.on("eventLost", () => counts.lost++);
  const database = { up: true, taken: [] as string[] };
  const buffer = createEventBuffer(events, silentLogger, capacity);
  const write = (name: string) => async (repeated: boolean) => {
    if (!database.up) throw away();
    database.taken.push(name);
    return `${name}${repeated ? " again" : ""}`;
  };
  return { buffer, counts, database, write };
}

describe("the event buffer", () => {
  it("passes a write straight on while the database takes it", async () => {
    const { buffer, counts, write } = setUp();
    expect(await buffer.deliver(write("a"))).toBe("a");
    expect([buffer.size, counts.replayed]).toEqual([0, 0]);
  });

  it("keeps writes through an outage and repeats them in their order, each until it is taken once", async () => {
    const { buffer, counts, database, write } = setUp();
    database.up = false;
    const results = Promise.all(["a", "b", "c"].map((name) => buffer.deliver(write(name))));
    await sleep(500);
    expect(buffer.size).toBe(3);
    database.up = true;
    const late = buffer.deliver(write("d"));
    expect(await results).toEqual(["a again", "b again", "c again"]);
    expect(await late).toBe("d again");
    expect(database.taken).toEqual(["a", "b", "c", "d"]);
    expect([buffer.size, counts.replayed, counts.lost]).toEqual([0, 4, 0]);
  });

  it("loses the oldest, loudly, when more wait than it holds", async () => {
    const { buffer, counts, database, write } = setUp(2);
    database.up = false;
    const outcomes = ["a", "b", "c"].map((name) =>
      buffer.deliver(write(name)).catch((error: Error) => error.message),
    );
    await sleep(50);
    database.up = true;
    expect(await Promise.all(outcomes)).toEqual([expect.stringContaining("lost"), "b again", "c again"]);
    expect(counts.lost).toBe(1);
  });

  it("hands an error that is no outage to whoever wrote, and goes on with the rest", async () => {
    const { buffer, database, write } = setUp();
    database.up = false;
    const bad = buffer
      .deliver(async () => {
        if (!database.up) throw away();
        throw new Error("refused");
      })
      .catch((error: Error) => error.message);
    const good = buffer.deliver(write("good"));
    await sleep(50);
    database.up = true;
    expect(await bad).toBe("refused");
    expect(await good).toBe("good again");
  });

  it("repeats a write that a lock keeps out without holding the others back", async () => {
    const { buffer, database, write } = setUp();
    database.up = false;
    let locked = true;
    const blocked = buffer.deliver(async () => {
      if (!database.up) throw away();
      if (locked) throw Object.assign(new Error("lock timeout"), { code: "55P03" });
      return "unlocked";
    });
    const free = buffer.deliver(write("free"));
    await vi.waitFor(() => expect(buffer.size).toBe(2));
    database.up = true;
    expect(await free).toBe("free again");
    expect(buffer.size).toBe(1);
    locked = false;
    expect(await blocked).toBe("unlocked");
  });

  it("is empty once the database has taken everything", async () => {
    const { buffer, database, write } = setUp();
    await buffer.empty();
    database.up = false;
    const result = buffer.deliver(write("a"));
    const emptied = vi.fn();
    await vi.waitFor(() => expect(buffer.size).toBe(1));
    void buffer.empty().then(emptied);
    await sleep(50);
    expect(emptied).not.toHaveBeenCalled();
    database.up = true;
    await vi.waitFor(() => expect(emptied).toHaveBeenCalled());
    expect([await result, buffer.size]).toEqual(["a again", 0]);
  });

  it("gives up what is left when it closes, counts each as lost, and takes nothing more", async () => {
    const { buffer, counts, database, write } = setUp();
    database.up = false;
    const left = ["a", "b"].map((name) => buffer.deliver(write(name)).catch((error: Error) => error.name));
    await vi.waitFor(() => expect(buffer.size).toBe(2));
    buffer.close();
    expect(await Promise.all(left)).toEqual(["WorkerStoppedError", "WorkerStoppedError"]);
    expect([buffer.size, counts.lost]).toEqual([0, 2]);
    database.up = true;
    await expect(buffer.deliver(write("c"))).rejects.toThrow(/stopped/);
    await buffer.empty();
    expect(database.taken).toEqual([]);
  });
});
