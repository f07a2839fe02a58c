import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { WorkerStoppedError } from "../../src/index.ts";
import { eventually } from "../support/eventually.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { gate, instantly, nextText, useWorkers } from "../support/workers.ts";

const database = useTestDatabase();
const openWorker = useWorkers(() => database().url);

describe("work", () => {
  it("claims pending tasks that nobody waits with, the oldest first", async () => {
    await database().pool.query("insert into tts_monitor.tasks (text_id) values (9001), (9002), (9003)");
    const monitor = await openWorker("w-claims");
    const seen: bigint[] = [];
    const working = monitor.work(async ({ textId }) => {
      seen.push(textId);
      return instantly();
    });
    await eventually("all are done", () => seen.length === 3);
    expect(seen).toEqual([9001n, 9002n, 9003n]);
    await monitor.close();
    await working;
  });

  it("leaves alone what a living worker waits with, and takes what a closed one has left", async () => {
    const owner = await openWorker("w-owner");
    const { opened, open } = gate();
    let started = false;
    const running = owner.run(nextText(), async () => {
      started = true;
      await opened;
      return instantly();
    });
    await eventually("one runs", () => started);
    const waiting = nextText();
    const waitingRun = owner.run(waiting, instantly);
    waitingRun.catch(() => {});
    await eventually(
      "one waits",
      async () => (await owner.getTaskStatus(waiting.textId))?.status === "pending",
    );
    const claimer = await openWorker("w-claimer");
    void claimer.work(instantly);
    await sleep(2000);
    expect(await claimer.getTaskStatus(waiting.textId)).toMatchObject({ status: "pending" });
    const closing = owner.close();
    await expect(waitingRun).rejects.toBeInstanceOf(WorkerStoppedError);
    open();
    await running;
    await closing;
    await eventually(
      "the other has taken it",
      async () => (await claimer.getTaskStatus(waiting.textId))?.status === "completed",
    );
  });
});
