import { afterEach, describe, expect, it } from "vitest";
import type { TaskMonitor } from "../../src/index.ts";
import { eventually } from "../support/eventually.ts";
import { parseExposition, total } from "../support/exposition.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { withClient } from "../support/with-client.ts";
import { gate, instantly, useWorkers } from "../support/workers.ts";

const database = useTestDatabase();
const openWorker = useWorkers(() => database().url);
const sql = async (text: string) => (await database().pool.query(text)).rows;
const OFTEN = { heartbeatInterval: 50 };
const NEVER = { heartbeatInterval: 60_000, heartbeatTimeout: 120_000 };

const reading = async (monitor: TaskMonitor, name: string) =>
  total(parseExposition(await monitor.metrics()), `tts_worker_last_${name}_timestamp_seconds`) ?? Number.NaN;
const progress = (monitor: TaskMonitor) => reading(monitor, "progress");
const moves = async (monitor: TaskMonitor) => {
  const before = await progress(monitor);
  await eventually("it moves on", async () => (await progress(monitor)) > before);
};

/** A loop that waits in a claim for a lock which it does not get; the server gives up after two seconds. */
const CLAIM_WAITS = `select from pg_stat_activity
  where datname = current_database() and application_name like 'tts-monitor worker%'
    and wait_event_type = 'Lock' and query like '%for update%'`;

let releases: (() => void)[] = [];
afterEach(() => {
  for (const release of releases) release();
  releases = [];
});

describe("the last progress", () => {
  it("moves with the heartbeats where no loop looks for tasks", async () => {
    const monitor = await openWorker("w-no-loop", OFTEN);
    await moves(monitor);
    await moves(monitor);
  });

  it("moves while a loop is idle, by the loop's own turns", async () => {
    const monitor = await openWorker("w-idle", NEVER);
    void monitor.work(instantly);
    await moves(monitor);
    await moves(monitor);
  });

  it("moves with the heartbeats while all slots are busy: such a loop has good reason to wait", async () => {
    const monitor = await openWorker("w-busy", OFTEN);
    const { opened, open } = gate();
    releases.push(open);
    void monitor.work(() => opened.then(instantly));
    await sql("insert into tts_monitor.tasks (text_id) values (1)");
    await eventually("it is busy", async () => {
      const rows = await sql("select from tts_monitor.tasks where status = 'processing'");
      return rows.length === 1;
    });
    await moves(monitor);
    await moves(monitor);
  });

  it("stands still while a loop hangs in its claim, although heartbeats and tasks of run go on", async () => {
    const monitor = await openWorker("w-wedged", OFTEN);
    void monitor.work(instantly);
    await withClient(database().pool, async (client) => {
      await client.query("begin; lock table tts_monitor.tasks in access exclusive mode");
      await eventually("its claim waits", async () => (await sql(CLAIM_WAITS)).length === 1);
      const [before, beat] = [await progress(monitor), await reading(monitor, "heartbeat")];
      await eventually("it is heard", async () => (await reading(monitor, "heartbeat")) > beat + 0.5);
      expect(await sql(CLAIM_WAITS)).toHaveLength(1);
      expect(await progress(monitor)).toBe(before);
      await client.query("rollback");
    });
    await moves(monitor);
  });
});
