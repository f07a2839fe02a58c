import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { sweepOverdue } from "../../src/db/sweep-store.ts";
import { eventually } from "../support/eventually.ts";
import { AUDIO, useIngest } from "../support/ingest.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { takeSlot } from "../support/tasks.ts";
import { withClient } from "../support/with-client.ts";

const database = useTestDatabase();
const { api, scraped, sql, submission, submitted, task, workers } = useIngest(database);

const STARTED_NOW = "select from tts_monitor.workers where started_at > now() - interval '1 hour'";

describe("a worker of the API", () => {
  it("is listed while it runs something, under one incarnation, and idle is not lost but off the list", async () => {
    const ids = [await submitted()];
    await sql("update tts_monitor.workers set started_at = 'yesterday'");
    ids.push(await submitted());
    const [first, second] = await Promise.all(ids.map(task));
    expect(first.incarnation).toBe(second.incarnation);
    expect(await sql(STARTED_NOW)).toEqual([]);
    await api(`/api/tasks/${ids[0]}/complete`, AUDIO);
    expect(await workers()).toHaveLength(1);
    await api(`/api/tasks/${ids[1]}/fail`, { reason: "internal", error_message: "" });
    expect(await workers()).toEqual([]);
    expect(await scraped("tts_db_workers", { state: "lost" })).toBe(0);
    const third = await task(await submitted());
    expect(BigInt(third.incarnation)).toBeGreaterThan(BigInt(first.incarnation));
  });

  it("that dies while its task runs is lost, and the task is swept as worker_lost", async () => {
    const id = await submitted();
    await sql("update tts_monitor.workers set heartbeat_timeout = interval '1 millisecond'");
    await sleep(5);
    expect(await scraped("tts_db_workers", { state: "lost" })).toBe(1);
    await sweepOverdue(database().pool, 10);
    expect(await task(id)).toMatchObject({ status: "timeout", reason: "worker_lost" });
    expect(await workers()).toHaveLength(1);
  });

  it.each(["heartbeat", "complete", "fail"])(
    "whose %s comes late has nothing more to do, and is off the list",
    async (what) => {
      const id = await submitted();
      await sql("update tts_monitor.tasks set deadline_at = started_at where id = $1", [id]);
      await sweepOverdue(database().pool, 10);
      expect(await workers()).toHaveLength(1);
      const body = { complete: AUDIO, fail: { reason: "other", error_message: "" } }[what];
      const answer = await api(`/api/tasks/${id}/${what}`, body);
      expect([answer.status, answer.body.status]).toEqual([409, "timeout"]);
      expect(await workers()).toEqual([]);
    },
  );

  it("leaves a living library worker its name, and takes a lost one's over, whose tasks end as worker_lost", async () => {
    const slot = await takeSlot(database().pool, "library");
    const [running] = await sql(
      "insert into tts_monitor.tasks (text_id, status, worker, incarnation) values (1, 'processing', $1, $2) returning id",
      [slot.worker, slot.incarnation],
    );
    const refused = await api("/api/tasks", submission({ worker: "library" }));
    expect([refused.status, refused.body.error]).toEqual([409, expect.stringContaining("another process's")]);
    expect((await workers())[0].version).toBe("test");

    await sql(
      "update tts_monitor.workers set heartbeat_timeout = interval '1 millisecond', started_at = 'yesterday'",
    );
    await sleep(5);
    await submitted({ worker: "library" });
    expect(await task(running.id)).toMatchObject({ status: "timeout", reason: "worker_lost" });
    expect(await workers()).toEqual([{ worker: "library", version: null, address: null }]);
    expect(await sql(STARTED_NOW)).toHaveLength(1);
  });

  it("takes no name from a worker whose heartbeat, late as it is, comes first", async () => {
    await takeSlot(database().pool, "library", 1);
    await sleep(5);
    await withClient(database().pool, async (heart) => {
      await heart.query(
        `begin;
         update tts_monitor.workers set heartbeat_at = clock_timestamp(), heartbeat_timeout = interval '1 hour'`,
      );
      const submitting = api("/api/tasks", submission({ worker: "library" })).then(({ status }) => status);
      await eventually("it waits for the row", async () => {
        const waiting = await sql(
          "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
        );
        return waiting.length === 1;
      });
      await heart.query("commit");
      expect(await submitting).toBe(409);
    });
  });
});
