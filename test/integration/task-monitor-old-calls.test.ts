import { describe, expect, it } from "vitest";
import { ConcurrencyLimitError, NotFoundError, TaskEndedError } from "../../src/index.ts";
import { eventually } from "../support/eventually.ts";
import { parseExposition, total } from "../support/exposition.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { instantly, nextText, useWorkers } from "../support/workers.ts";

const database = useTestDatabase();
const openWorker = useWorkers(() => database().url);

describe("the old monitor's calls", () => {
  it("start, complete, fail and time out tasks, hold their slots, and refuse what comes late", async () => {
    const monitor = await openWorker("w-old", { concurrency: 2 });
    const first = await monitor.startTask(nextText());
    const second = await monitor.startTask(nextText());
    await expect(monitor.startTask(nextText())).rejects.toBeInstanceOf(ConcurrencyLimitError);
    const audio = { audioUrl: "u", filename: "f", fileSize: 6000 };
    expect(await monitor.completeTask(first.taskId, audio)).toEqual({ status: "completed", reason: null });
    await expect(monitor.completeTask(first.taskId, audio)).rejects.toBeInstanceOf(TaskEndedError);
    await expect(monitor.failTask(2n ** 60n, { reason: "other", errorMessage: "" })).rejects.toBeInstanceOf(
      NotFoundError,
    );
    const third = await monitor.startTask(nextText());
    expect(await monitor.failTask(second.taskId, { reason: "storage_error", errorMessage: "disk" })).toEqual({
      status: "failed",
      reason: "storage_error",
    });
    expect(await monitor.timeoutTask(third.taskId)).toEqual({
      status: "timeout",
      reason: "deadline_exceeded",
    });
    expect(total(parseExposition(await monitor.metrics()), "tts_worker_tasks_active")).toBe(0);
  });

  it("times out a task that nobody ends", async () => {
    const monitor = await openWorker("w-forgotten", { taskTimeout: 100 });
    const request = nextText();
    await monitor.startTask(request);
    await eventually(
      "it has timed out",
      async () => (await monitor.getTaskStatus(request.textId))?.status === "timeout",
    );
    expect((await monitor.startTask(nextText())).taskId).toEqual(expect.any(BigInt));
  });

  it("find a task by content and link a text to it", async () => {
    const monitor = await openWorker("w-find");
    expect(await monitor.findExistingByContent("unheard of")).toBeNull();
    const { taskId } = await monitor.run({ textId: 8801, content: "known" }, instantly);
    expect(await monitor.findExistingByContent("known")).toEqual({
      taskId,
      textId: 8801n,
      status: "completed",
    });
    await monitor.linkTask(8802, taskId);
    expect(await monitor.getTaskStatus(8802)).toMatchObject({ text_id: 8802, status: "completed" });
    await expect(monitor.linkTask(8802, 2n ** 60n)).rejects.toBeInstanceOf(NotFoundError);
  });
});
