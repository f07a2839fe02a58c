import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { contentHash } from "../../src/domain/content-hash.ts";
import { DuplicateTaskError, TaskEndedError } from "../../src/index.ts";
import { eventually } from "../support/eventually.ts";
import { parseExposition, total } from "../support/exposition.ts";
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

describe("a text that took over another's pending task, which somebody else has run before it could", () => {
  /** @returns the run of the second text, which waits for a slot, and how to give it one */
  async function waitWithAnothersTask(worker: string) {
    const monitor = await openWorker(worker, { concurrency: 1 });
    const { opened, open } = gate();
    const busy = monitor.run(nextText(), () => opened.then(instantly));
    const [first, second] = [nextText(), nextText()];
    const { pool } = database();
    await pool.query("insert into tts_monitor.tasks (text_id, content_hash) values ($1, $2)", [
      first.textId,
      contentHash(second.content),
    ]);
    const run = monitor.run(second, instantly);
    run.catch(() => {});
    await eventually("it is taken over", async () => {
      const { rows } = await pool.query("select from tts_monitor.followers where text_id = $1", [
        second.textId,
      ]);
      return rows.length === 1;
    });
    await pool.query(
      `update tts_monitor.tasks set status = 'processing', worker = 'other', incarnation = null,
         started_at = clock_timestamp(), deadline_at = clock_timestamp() + interval '1 hour'
       where text_id = $1`,
      [first.textId],
    );
    const free = async () => {
      open();
      await busy;
    };
    return { monitor, first, second, run, free };
  }

  it("is its duplicate while that one runs, and counted as such", async () => {
    const { monitor, first, run, free } = await waitWithAnothersTask("w-overtaken");
    const before = await deduplicated();
    await free();
    await expect(run).rejects.toMatchObject({ existingTextId: BigInt(first.textId), status: "processing" });
    expect((await deduplicated()) - before).toBe(1);
    const lines = parseExposition(await monitor.metrics());
    expect(total(lines, "tts_worker_tasks_deduplicated_total")).toBe(1);
    expect(total(lines, "tts_worker_tasks_submitted_total")).toBe(2);
  });

  it("gets a task of its own where that one has failed", async () => {
    const { first, second, run, free } = await waitWithAnothersTask("w-own-attempt");
    await database().pool.query(
      "update tts_monitor.tasks set status = 'failed', finished_at = clock_timestamp() where text_id = $1",
      [first.textId],
    );
    await free();
    expect(await run).toMatchObject({ status: "completed", textId: BigInt(second.textId) });
  });
});

async function deduplicated(): Promise<number> {
  const { rows } = await database().pool.query(
    "select coalesce(sum(n), 0)::int as n from tts_monitor.task_ledger where event = 'deduplicated'",
  );
  return rows[0].n;
}
