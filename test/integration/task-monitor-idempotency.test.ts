import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { DuplicateTaskError, TaskEndedError } from "../../src/index.ts";
import { eventually } from "../support/eventually.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { gate, instantly, nextText, useWorkers } from "../support/workers.ts";

const database = useTestDatabase();
const openWorker = useWorkers(() => database().url);

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
    const request = nextText();
    await expect(monitor.run(request, () => new Promise(() => {}))).rejects.toBeInstanceOf(TaskEndedError);
    expect(await monitor.run(request, instantly)).toMatchObject({ status: "completed" });
  });

  it("frees the content when its task fails, and after the dedup window", async () => {
    const monitor = await openWorker("w-window", { dedupWindow: 150 });
    const request = nextText();
    await monitor.run(request, () => Promise.reject(new Error("no"))).catch(() => {});
    await monitor.run(request, instantly);
    await expect(monitor.run(request, instantly)).rejects.toMatchObject({ status: "completed" });
    await sleep(200);
    expect((await monitor.run(request, instantly)).status).toBe("completed");
  });
});
