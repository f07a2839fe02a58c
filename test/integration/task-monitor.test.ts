import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import {
  ConcurrencyLimitError,
  DatabaseUnavailableError,
  DuplicateTaskError,
  InvalidInputError,
  NotFoundError,
  TaskEndedError,
  WorkerStoppedError,
} from "../../src/index.ts";
import { collectedLog } from "../support/collected-log.ts";
import { eventually } from "../support/eventually.ts";
import { parseExposition, total } from "../support/exposition.ts";
import { freePort } from "../support/ports.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { gate, instantly, useWorkers } from "../support/workers.ts";

const database = useTestDatabase();
const openWorker = useWorkers(() => database().url);
const task = async (id: bigint) =>
  (await database().pool.query("select * from tts_monitor.tasks where id = $1", [id])).rows[0];
let texts = 1000;
const next = () => ({ textId: ++texts, content: `text ${texts}` });

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
    expect(await monitor.run(next(), async () => audio)).toMatchObject({
      status: "failed",
      reason: "invalid_audio",
    });
  });

  it("takes the reason from the handler's error where it is one of the list, else internal", async () => {
    const monitor = await openWorker("w-reasons");
    const reasons = { provider_throttled: "provider_throttled", "no such reason": "other" };
    for (const [given, stored] of Object.entries(reasons)) {
      const request = next();
      const error = Object.assign(new Error("busy\0"), { reason: given });
      await expect(monitor.run(request, () => Promise.reject(error))).rejects.toBe(error);
      const { rows } = await database().pool.query("select * from tts_monitor.tasks where text_id = $1", [
        request.textId,
      ]);
      expect(rows[0]).toMatchObject({ status: "failed", reason: stored, error_message: "busy" });
    }
    const request = next();
    await expect(monitor.run(request, () => Promise.reject(new Error("bug")))).rejects.toThrow("bug");
    expect(await monitor.getTaskStatus(request.textId)).toMatchObject({
      status: "failed",
      error_message: "bug",
    });
  });

  it("refuses an audio that is none, and ends the task as failed", async () => {
    const monitor = await openWorker("w-bad-audio");
    const request = next();
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

  it("ends at the deadline although the handler ignores its signal, and notes the late result", async () => {
    const monitor = await openWorker("w-deadline", { taskTimeout: 100 });
    const { opened, open } = gate();
    let signalled = false;
    const request = next();
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
    const request = next();
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
    const running = monitor.run(next(), async ({ id }) => {
      await database().pool.query(
        "update tts_monitor.tasks set status = 'timeout', reason = 'worker_lost' where id = $1",
        [id],
      );
      return instantly();
    });
    await expect(running).rejects.toMatchObject({ status: "timeout", reason: "worker_lost" });
  });

  it("never runs more at once than the slots, and follows setConcurrency up and down", async () => {
    const monitor = await openWorker("w-slots", { concurrency: 2 });
    const { opened, open } = gate();
    let active = 0;
    let most = 0;
    const runs = Array.from({ length: 8 }, () =>
      monitor.run(next(), async () => {
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

describe("idempotency", () => {
  it("makes one task of a hundred parallel submissions of one content over four workers", async () => {
    const workers = await Promise.all([1, 2, 3, 4].map((n) => openWorker(`w-dup-${n}`, { concurrency: 30 })));
    const { opened, open } = gate();
    const runs = Array.from({ length: 100 }, (_, index) =>
      workers[index % 4]?.run({ textId: 5000 + index, content: "the same" }, async () => {
        await opened;
        return instantly();
      }),
    );
    const settled = Promise.allSettled(runs);
    await eventually("99 follow", async () => {
      const { rows } = await database().pool.query(
        "select count(*)::int as n from tts_monitor.followers where text_id between 5000 and 5099",
      );
      return rows[0].n === 99;
    });
    open();
    const results = await settled;
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const result of results) {
      if (result.status === "rejected") expect(result.reason).toBeInstanceOf(DuplicateTaskError);
    }
    const { rows } = await database().pool.query(
      "select count(*)::int as n from tts_monitor.tasks where text_id between 5000 and 5099",
    );
    expect(rows[0].n).toBe(1);
    expect(await workers[0]?.getTaskStatus(5042)).toMatchObject({ text_id: 5042, status: "completed" });
  });

  it("frees the content when its task times out", async () => {
    const monitor = await openWorker("w-timed-out", { taskTimeout: 50 });
    const request = next();
    await expect(monitor.run(request, () => new Promise(() => {}))).rejects.toBeInstanceOf(TaskEndedError);
    expect(await monitor.run(request, instantly)).toMatchObject({ status: "completed" });
  });

  it("frees the content when its task fails, and after the dedup window", async () => {
    const monitor = await openWorker("w-window", { dedupWindow: 150 });
    const request = next();
    await monitor.run(request, () => Promise.reject(new Error("no"))).catch(() => {});
    await monitor.run(request, instantly);
    await expect(monitor.run(request, instantly)).rejects.toMatchObject({ status: "completed" });
    await sleep(200);
    expect((await monitor.run(request, instantly)).status).toBe("completed");
  });
});

describe("the old monitor's calls", () => {
  it("start, complete, fail and time out tasks, hold their slots, and refuse what comes late", async () => {
    const monitor = await openWorker("w-old", { concurrency: 2 });
    const first = await monitor.startTask(next());
    const second = await monitor.startTask(next());
    await expect(monitor.startTask(next())).rejects.toBeInstanceOf(ConcurrencyLimitError);
    const audio = { audioUrl: "u", filename: "f", fileSize: 6000 };
    expect(await monitor.completeTask(first.taskId, audio)).toEqual({ status: "completed", reason: null });
    await expect(monitor.completeTask(first.taskId, audio)).rejects.toBeInstanceOf(TaskEndedError);
    await expect(monitor.failTask(2n ** 60n, { reason: "other", errorMessage: "" })).rejects.toBeInstanceOf(
      NotFoundError,
    );
    const third = await monitor.startTask(next());
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
    const request = next();
    await monitor.startTask(request);
    await eventually(
      "it has timed out",
      async () => (await monitor.getTaskStatus(request.textId))?.status === "timeout",
    );
    expect((await monitor.startTask(next())).taskId).toEqual(expect.any(BigInt));
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
    const running = owner.run(next(), async () => {
      started = true;
      await opened;
      return instantly();
    });
    await eventually("one runs", () => started);
    const waiting = next();
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

describe("a worker's life", () => {
  it("hands its slot to the newest process of its name: the older one aborts, is not ready, and does no harm", async () => {
    const port = await freePort();
    const older = await openWorker("w-slot", { heartbeatInterval: 100, listen: `127.0.0.1:${port}` });
    const request = next();
    const running = older.run(
      request,
      ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason));
        }),
    );
    running.catch(() => {});
    await eventually(
      "it runs",
      async () => (await older.getTaskStatus(request.textId))?.status === "processing",
    );
    const conflicts = async () =>
      (
        await database().pool.query(
          "select coalesce(sum(n), 0)::int as n from tts_monitor.task_ledger where event = 'slot_conflict'",
        )
      ).rows[0].n;
    const before = await conflicts();
    const { logger, messages } = collectedLog("warn");
    await openWorker("w-slot", { logger });
    expect(messages).toEqual([expect.stringContaining("two have been given one name")]);
    await expect(running).rejects.toBeInstanceOf(WorkerStoppedError);
    expect(await older.getTaskStatus(request.textId)).toMatchObject({ status: "timeout" });
    await expect(older.run(next(), instantly)).rejects.toBeInstanceOf(WorkerStoppedError);
    const ready = await fetch(`http://127.0.0.1:${port}/-/ready`);
    expect([ready.status, await ready.text()]).toEqual([503, expect.stringContaining("another process")]);
    await eventually("the conflict is counted", async () => (await conflicts()) === before + 1);
  });

  it("shows a live worker while open and nothing of it after a goodbye; close may be called twice", async () => {
    const monitor = await openWorker("w-goodbye");
    const rows = async () =>
      (await database().pool.query("select state from tts_monitor.worker_states where worker = 'w-goodbye'"))
        .rows;
    expect(await rows()).toEqual([{ state: "live" }]);
    await Promise.all([monitor.close(), monitor.close()]);
    expect(await rows()).toEqual([]);
  });

  it("holds no more than two PostgreSQL sessions under load", async () => {
    const monitor = await openWorker("w-sessions", { concurrency: 50 });
    await Promise.all(Array.from({ length: 200 }, () => monitor.run(next(), instantly)));
    const { rows } = await database().pool.query(
      "select count(*)::int as n from pg_stat_activity where application_name = 'tts-monitor worker w-sessions'",
    );
    expect(rows[0].n).toBeLessThanOrEqual(2);
  });

  it("says in one line what is wrong with its options or its database", async () => {
    await expect(openWorker("no spaces")).rejects.toThrow(/the option worker must be/);
    await expect(openWorker("w", { concurrency: 0 })).rejects.toThrow(/the option concurrency must be/);
    await expect(openWorker("w", { taskTimeout: "40 minutes" })).rejects.toThrow(
      /the option taskTimeout must be/,
    );
    await expect(openWorker("w", { heartbeatTimeout: 5 })).rejects.toThrow(/heartbeatTimeout must be longer/);
    await expect(openWorker("w", { concurency: 2 } as object)).rejects.toThrow(
      /there is no option concurency/,
    );
    const away = `postgres://nobody@127.0.0.1:${await freePort()}/x`;
    await expect(openWorker("w", { databaseUrl: away })).rejects.toBeInstanceOf(DatabaseUnavailableError);
  });
});
