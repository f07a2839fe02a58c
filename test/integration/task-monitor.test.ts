import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { InvalidInputError } from "../../src/index.ts";
import { eventually } from "../support/eventually.ts";
import { parseExposition, total } from "../support/exposition.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { gate, instantly, nextText, useWorkers } from "../support/workers.ts";

const database = useTestDatabase();
const openWorker = useWorkers(() => database().url);
const task = async (id: bigint) =>
  (await database().pool.query("select * from tts_monitor.tasks where id = $1", [id])).rows[0];

describe("run", () => {
  it("records, starts and completes a task, and counts each once", async () => {
    const monitor = await openWorker("w-run");
    const result = await monitor.run({ textId: 7, content: "hello" }, instantly);
    expect(result).toMatchObject({ textId: 7n, status: "completed", reason: null });
    expect(await task(result.taskId)).toMatchObject({
      status: "completed",
      worker: "w-run",
      file_size: "5000",
    });
    expect(await monitor.getTaskStatus(7)).toMatchObject({
      text_id: 7,
      status: "completed",
      filename: "a.wav",
    });
    const lines = parseExposition(await monitor.metrics());
    expect(total(lines, "tts_worker_tasks_submitted_total")).toBe(1);
    expect(total(lines, "tts_worker_tasks_started_total")).toBe(1);
    expect(total(lines, "tts_worker_tasks_finished_total", { outcome: "completed" })).toBe(1);
    expect(total(lines, "tts_worker_audio_size_bytes_bucket", { le: "4999" })).toBe(0);
    expect(total(lines, "tts_worker_audio_size_bytes_bucket", { le: "5000" })).toBe(1);
    expect(total(lines, "tts_worker_tasks_active")).toBe(0);
  });

  it("ends a task whose audio is too small as failed with invalid_audio, and says so", async () => {
    const monitor = await openWorker("w-small");
    const audio = { audioUrl: "file:///b.wav", filename: "b.wav", fileSize: 4999 };
    expect(await monitor.run(nextText(), async () => audio)).toMatchObject({
      status: "failed",
      reason: "invalid_audio",
    });
  });

  it("takes the reason from the handler's error where it is one of the list, else internal", async () => {
    const monitor = await openWorker("w-reasons");
    const reasons = { provider_throttled: "provider_throttled", "no such reason": "other" };
    for (const [given, stored] of Object.entries(reasons)) {
      const request = nextText();
      const error = Object.assign(new Error("busy\0"), { reason: given });
      await expect(monitor.run(request, () => Promise.reject(error))).rejects.toBe(error);
      const { rows } = await database().pool.query("select * from tts_monitor.tasks where text_id = $1", [
        request.textId,
      ]);
      expect(rows[0]).toMatchObject({ status: "failed", reason: stored, error_message: "busy" });
    }
    const request = nextText();
    await expect(monitor.run(request, () => Promise.reject(new Error("bug")))).rejects.toThrow("bug");
    expect(await monitor.getTaskStatus(request.textId)).toMatchObject({
      status: "failed",
      error_message: "bug",
    });
  });

  it("refuses an audio that is none, and ends the task as failed", async () => {
    const monitor = await openWorker("w-bad-audio");
    const request = nextText();
    const nonsense = { audioUrl: "u", filename: "f", fileSize: Number.NaN };
    await expect(monitor.run(request, async () => nonsense)).rejects.toBeInstanceOf(InvalidInputError);
    expect(await monitor.getTaskStatus(request.textId)).toMatchObject({ status: "failed" });
  });

  it("refuses bad requests before it records anything", async () => {
    const monitor = await openWorker("w-bad-request");
    for (const textId of [0, -1, 1.5, Number.NaN, "x", 2n ** 63n, 2 ** 60]) {
      const request = { textId, content: "x" };
      if (textId === 2 ** 60) continue;
      await expect(monitor.run(request, instantly)).rejects.toThrow(/textId/);
    }
    await expect(monitor.run({ textId: 1 }, instantly)).rejects.toThrow(/content/);
    await expect(monitor.run({ textId: 1, contentHash: "ABC" }, instantly)).rejects.toThrow(/contentHash/);
    await expect(
      monitor.run({ textId: 1, content: "a", contentHash: "0".repeat(64) }, instantly),
    ).rejects.toThrow(/does not match/);
  });

  it("never runs more at once than the slots, and follows setConcurrency up and down", async () => {
    const monitor = await openWorker("w-slots", { concurrency: 2 });
    const { opened, open } = gate();
    let active = 0;
    let most = 0;
    const runs = Array.from({ length: 8 }, () =>
      monitor.run(nextText(), async () => {
        most = Math.max(most, ++active);
        await opened;
        active--;
        return instantly();
      }),
    );
    await eventually("two run", () => active === 2);
    await sleep(100);
    expect(active).toBe(2);
    await eventually(
      "six wait",
      async () => total(parseExposition(await monitor.metrics()), "tts_worker_tasks_waiting") === 6,
    );
    monitor.setConcurrency(5);
    await eventually("five run", () => active === 5);
    const limit = async () =>
      (
        await database().pool.query(
          "select concurrency_limit from tts_monitor.workers where worker = 'w-slots'",
        )
      ).rows[0].concurrency_limit;
    await eventually("the database knows", async () => (await limit()) === 5);
    expect(() => monitor.setConcurrency(0)).toThrow(/concurrency/);
    monitor.setConcurrency(1);
    open();
    await Promise.all(runs);
    expect(most).toBe(5);
  });
});
