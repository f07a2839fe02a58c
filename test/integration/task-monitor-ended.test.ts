import { describe, expect, it } from "vitest";
import { TaskEndedError } from "../../src/index.ts";
import { eventually } from "../support/eventually.ts";
import { parseExposition, total } from "../support/exposition.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { gate, instantly, nextText, useWorkers } from "../support/workers.ts";

const database = useTestDatabase();
const openWorker = useWorkers(() => database().url);

describe("run", () => {
  it("ends at the deadline although the handler ignores its signal, and notes the late result", async () => {
    const monitor = await openWorker("w-deadline", { taskTimeout: 100 });
    const { opened, open } = gate();
    let signalled = false;
    const request = nextText();
    const running = monitor.run(request, async ({ signal }) => {
      signal.addEventListener("abort", () => {
        signalled = true;
      });
      await opened;
      return instantly();
    });
    await expect(running).rejects.toBeInstanceOf(TaskEndedError);
    expect(signalled).toBe(true);
    const status = await monitor.getTaskStatus(request.textId);
    expect(status).toMatchObject({ status: "timeout", stage: "done" });
    expect(total(parseExposition(await monitor.metrics()), "tts_worker_tasks_active")).toBe(0);
    open();
    await eventually("the late result is noted", async () => {
      const lines = parseExposition(await monitor.metrics());
      return total(lines, "tts_worker_late_writes_total", { operation: "complete" }) === 1;
    });
    const { rows } = await database().pool.query("select * from tts_monitor.tasks where text_id = $1", [
      request.textId,
    ]);
    expect(rows[0]).toMatchObject({
      status: "timeout",
      reason: "deadline_exceeded",
      late_at: expect.any(Date),
    });
  });

  it("fires the signal of a task that others have ended, and says how", async () => {
    const monitor = await openWorker("w-ended", { heartbeatInterval: 50, heartbeatTimeout: 200 });
    const request = nextText();
    let reason: unknown;
    const running = monitor.run(
      request,
      ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => {
            reason = signal.reason;
            reject(signal.reason);
          });
        }),
    );
    const ended = expect(running).rejects.toThrow("has already ended as failed (storage_error)");
    await eventually("it is ended", async () => {
      const { rowCount } = await database().pool.query(
        "update tts_monitor.tasks set status = 'failed', reason = 'storage_error' where text_id = $1 and status = 'processing'",
        [request.textId],
      );
      return rowCount === 1;
    });
    await ended;
    expect(reason).toBeInstanceOf(TaskEndedError);
    expect(total(parseExposition(await monitor.metrics()), "tts_worker_late_writes_total")).toBe(0);
  });

  it("rejects with TaskEndedError when the task was ended by others meanwhile", async () => {
    const monitor = await openWorker("w-swept");
    const running = monitor.run(nextText(), async ({ id }) => {
      await database().pool.query(
        "update tts_monitor.tasks set status = 'timeout', reason = 'worker_lost' where id = $1",
        [id],
      );
      return instantly();
    });
    await expect(running).rejects.toMatchObject({ status: "timeout", reason: "worker_lost" });
  });
});
