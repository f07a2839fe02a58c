import { beforeEach, describe, expect, it } from "vitest";
import { end } from "../../src/db/end-store.ts";
import { claimOldest, insertStarted, queueForStart, queueOldest, start } from "../../src/db/start-store.ts";
import { adoptPending, insertPending } from "../../src/db/submit-store.ts";
import { beginDrain, type Slot } from "../../src/db/worker-store.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { COMPLETED, HOUR, hashOf, takeSlot } from "../support/tasks.ts";
import { gate, instantly, useWorkers } from "../support/workers.ts";

const database = useTestDatabase();
const openWorker = useWorkers(() => database().url);
const sql = async (text: string, values: unknown[] = []) => (await database().pool.query(text, values)).rows;

const submission = (slot: Slot) => ({ textId: 1n, contentHash: null, slot, dedupWindow: HOUR });
const record = async (slot: Slot) => (await insertPending(database().pool, submission(slot))) ?? 0n;
const startOf = (task: bigint, slot: Slot) => start(database().pool, task, slot, HOUR);
/** Records a task for which its worker has a slot. */
async function ready(slot: Slot) {
  const task = await record(slot);
  await queueForStart(database().pool, task, slot);
  return task;
}

let [first, second] = [{} as Slot, {} as Slot];
let running = 0n;
beforeEach(async () => {
  const { pool } = database();
  await sql("delete from tts_monitor.workers");
  await sql("update tts_monitor.tasks set status = 'processing' where status = 'pending'");
  await sql("update tts_monitor.tasks set status = 'failed' where status = 'processing'");
  await sql("update tts_monitor.settings set concurrency_global = 1");
  [first, second] = [await takeSlot(pool, "first"), await takeSlot(pool, "second")];
  running = (await insertStarted(pool, submission(first), HOUR)) ?? 0n;
});
const free = () => end(database().pool, running, COMPLETED);

describe("under the global limit a free slot goes to the oldest task that is ready", () => {
  it("and to no younger one of another worker, however often that asks", async () => {
    const older = await ready(first);
    const younger = await ready(second);
    await free();
    expect(await startOf(younger, second)).toBeUndefined();
    expect(await insertStarted(database().pool, submission(second), HOUR)).toBeUndefined();
    expect(await claimOldest(database().pool, second, HOUR)).toBeUndefined();
    expect(await startOf(older, first)).toBeGreaterThan(0);
  });

  it("but as many younger ones start as there are slots beyond the older ones", async () => {
    await sql("update tts_monitor.settings set concurrency_global = 3");
    await ready(first);
    const younger = await ready(second);
    const youngest = await ready(second);
    expect(await startOf(youngest, second)).toBeUndefined();
    expect(await startOf(younger, second)).toBeGreaterThan(0);
  });

  it("and is not kept for an older one whose worker has no slot for it, is lost, drains or was replaced", async () => {
    await record(first);
    const [lost, draining, replaced] = [
      await takeSlot(database().pool, "lost", 1),
      await takeSlot(database().pool, "draining"),
      await takeSlot(database().pool, "replaced"),
    ];
    for (const slot of [lost, draining, replaced]) await ready(slot);
    await sql("update tts_monitor.reachability set since = '-infinity'");
    await beginDrain(database().pool, draining);
    await takeSlot(database().pool, "replaced");
    await sql(
      "update tts_monitor.workers set heartbeat_at = heartbeat_at - interval '1 minute' where worker = 'lost'",
    );
    const younger = await ready(second);
    await free();
    expect(await startOf(younger, second)).toBeGreaterThan(0);
  });

  it("nor for one that was taken over from a lost worker, before its new worker has a slot for it", async () => {
    const heirless = await takeSlot(database().pool, "lost");
    const contentHash = hashOf(1);
    const task = (await insertPending(database().pool, { ...submission(heirless), contentHash })) ?? 0n;
    await queueForStart(database().pool, task, heirless);
    await sql("delete from tts_monitor.workers where worker = 'lost'");
    expect(await adoptPending(database().pool, contentHash, first)).toMatchObject({ taskId: task });
    const younger = await ready(second);
    await free();
    expect(await startOf(younger, second)).toBeGreaterThan(0);
  });

  it("also where nobody waits with it: who would claim it takes it over and keeps its place", async () => {
    const [{ id }] = (await sql(
      "insert into tts_monitor.tasks (text_id, content_hash) values (1, repeat('a', 64)) returning id::text",
    )) as [{ id: string }];
    expect(await claimOldest(database().pool, first, HOUR)).toBeUndefined();
    expect(await queueOldest(database().pool, first)).toMatchObject({ taskId: id });
    expect(await queueOldest(database().pool, second)).toBeUndefined();
    const younger = await ready(second);
    await free();
    expect(await startOf(younger, second)).toBeUndefined();
    expect(await startOf(BigInt(id), first)).toBeGreaterThan(0);
  });

  it("and without a limit nobody keeps a place and nobody is kept back", async () => {
    await sql("update tts_monitor.settings set concurrency_global = null");
    await ready(first);
    await sql("insert into tts_monitor.tasks (text_id) values (1)");
    expect(await queueOldest(database().pool, first)).toBeUndefined();
    expect(await startOf(await record(second), second)).toBeGreaterThanOrEqual(0);
    expect(await claimOldest(database().pool, second, HOUR)).toBeDefined();
  });
});

it("three workers that share one slot run thirty texts in the order in which they came", async () => {
  await free();
  const monitors = await Promise.all(
    ["w-1", "w-2", "w-3"].map((name) => openWorker(name, { concurrency: 30 })),
  );
  const { opened, open } = gate();
  const holder = monitors[0]?.run({ textId: 1000, content: "holder" }, () => opened.then(instantly));
  await expect.poll(() => sql("select from tts_monitor.tasks where status = 'processing'")).toHaveLength(1);
  const order: bigint[] = [];
  const runs: Promise<unknown>[] = [];
  for (let text = 101; text <= 130; text++) {
    const monitor = monitors[text % 3];
    const run = monitor?.run({ textId: text, content: `fair ${text}` }, async (task) => {
      order.push(task.textId);
      return instantly();
    });
    if (run) runs.push(run);
    await expect
      .poll(() => sql("select from tts_monitor.tasks where text_id = $1 and ready_at is not null", [text]))
      .toHaveLength(1);
  }
  open();
  await Promise.all([holder, ...runs]);
  expect(order).toEqual(Array.from({ length: 30 }, (_, index) => BigInt(index + 101)));
});
