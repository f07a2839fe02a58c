import { beforeEach, describe, expect, it } from "vitest";
import { end, recordLate } from "../../src/db/end-store.ts";
import { noteAnswer, sweepOverdue } from "../../src/db/sweep-store.ts";
import { openPool } from "../support/open-pool.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { takeSlot } from "../support/tasks.ts";
import { withClient } from "../support/with-client.ts";

const database = useTestDatabase();
const sql = async (text: string, values: unknown[] = []) => (await database().pool.query(text, values)).rows;
const sweep = () => sweepOverdue(database().pool, 1000);
/** Lets the database have been silent until now, for so many seconds. */
const outage = (seconds: number) =>
  sql("update tts_monitor.reachability set answered_at = clock_timestamp() - $1 * interval '1 second'", [
    seconds,
  ]);
const COMPLETED = { outcome: "completed", reason: null, errorMessage: null, audio: null } as const;

/** A task in processing. @param overdue seconds past its deadline, negative when before it */
async function processing(worker: string | null, overdue: number, incarnation: bigint | null = null) {
  const [row] = await sql(
    `insert into tts_monitor.tasks (text_id, status, worker, incarnation, started_at, deadline_at)
     values (1, 'processing', $1, $2, clock_timestamp() - interval '1 hour',
       clock_timestamp() - $3 * interval '1 second') returning id`,
    [worker, incarnation, overdue],
  );
  return BigInt(row?.id);
}

async function worker(name: string, silence: number) {
  const slot = await takeSlot(database().pool, name, 10);
  await sql(
    "update tts_monitor.workers set heartbeat_at = clock_timestamp() - $2 * interval '1 second' where worker = $1",
    [name, silence],
  );
  return { ...slot, incarnation: BigInt(slot.incarnation) };
}

const reasons = async (...ids: bigint[]) =>
  (await sql("select reason from tts_monitor.tasks where id = any($1) order by id", [ids])).map(
    ({ reason }) => reason,
  );

beforeEach(async () => {
  await sql("update tts_monitor.tasks set status = 'failed' where status = 'processing'");
  await sql("delete from tts_monitor.workers");
  await sql("update tts_monitor.reachability set answered_at = clock_timestamp(), since = '-infinity'");
});

describe("the sweep", () => {
  it("ends what is past its deadline, and leaves what is not", async () => {
    const late = await processing(null, 5);
    const early = await processing(null, -60);
    expect(await sweep()).toEqual([
      { taskId: expect.anything(), reason: "deadline_exceeded", delay: expect.closeTo(5, 0) },
    ]);
    expect(await reasons(late, early)).toEqual(["deadline_exceeded", null]);
  });

  it("ends what a silent worker runs by the worker's own timeout, and nothing of one that beats", async () => {
    const silent = await worker("silent", 3600);
    const beating = await worker("beating", 0);
    const lost = await processing("silent", -60, silent.incarnation);
    const alive = await processing("beating", -60, beating.incarnation);
    await sql(
      "update tts_monitor.workers set heartbeat_timeout = interval '1 hour' where worker = 'beating'",
    );
    await expect.poll(async () => (await sweep()).length).toBe(1);
    expect(await reasons(lost, alive)).toEqual(["worker_lost", null]);
  });

  it("calls a worker lost that said goodbye and fell silent", async () => {
    const { incarnation } = await worker("drainer", 3600);
    await sql("update tts_monitor.workers set draining_at = clock_timestamp()");
    const task = await processing("drainer", -60, incarnation);
    await expect.poll(async () => (await sweep()).length).toBe(1);
    expect(await reasons(task)).toEqual(["worker_lost"]);
  });

  it("spares everybody whom nobody could hear, for one heartbeat timeout after the outage", async () => {
    const { incarnation } = await worker("unheard", 3600);
    const task = await processing("unheard", -60, incarnation);
    const deadline = await processing("unheard", 1, incarnation);
    await outage(5);
    await sweep();
    expect(await reasons(task, deadline)).toEqual([null, "deadline_exceeded"]);
    await noteAnswer(database().pool);
    await expect.poll(async () => (await sweep()).length).toBe(1);
    expect(await reasons(task)).toEqual(["worker_lost"]);
  });

  it("takes the first heartbeat after an outage for its end, also for those that are slower", async () => {
    const slow = await worker("slow", 3600);
    const task = await processing("slow", -60, slow.incarnation);
    await sql("update tts_monitor.workers set heartbeat_timeout = interval '1 minute'");
    await outage(120);
    await takeSlot(database().pool, "quick");
    expect(await sweep()).toEqual([]);
    expect(await reasons(task)).toEqual([null]);
  });

  it("spares everybody after the database's clock was set back or forward", async () => {
    const { incarnation } = await worker("unheard", 3600);
    const task = await processing("unheard", -60, incarnation);
    await sql("update tts_monitor.workers set heartbeat_timeout = interval '1 minute'");
    for (const step of [-3600, 3600]) {
      await outage(step);
      await noteAnswer(database().pool);
      expect(await sweep()).toEqual([]);
    }
    expect(await reasons(task)).toEqual([null]);
  });

  it("knows of a short break between answers that it is no outage", async () => {
    const { incarnation } = await worker("silent", 3600);
    await processing("silent", -60, incarnation);
    await outage(1.2);
    expect(await sweep()).toHaveLength(1);
  });

  it("goes on while a stranger holds the note of the last answer locked", async () => {
    const { incarnation } = await worker("silent", 3600);
    await processing("silent", -60, incarnation);
    await withClient(database().pool, async (client) => {
      await client.query("begin");
      await client.query("select from tts_monitor.reachability for update");
      await noteAnswer(database().pool);
      expect(await sweep()).toHaveLength(1);
      await client.query("rollback");
    });
  });

  it("vouches for no database that takes nobody's heartbeat", async () => {
    const { incarnation } = await worker("unheard", 3600);
    const task = await processing("unheard", -60, incarnation);
    await outage(5);
    const impatient = openPool(database().url, "impatient", 1, 300);
    await withClient(database().pool, async (client) => {
      await client.query("begin; lock table tts_monitor.workers in exclusive mode");
      await expect(noteAnswer(impatient)).rejects.toThrow(/timeout$/);
      expect(await sweep()).toEqual([]);
      await client.query("rollback");
    });
    await impatient.end();
    expect(await reasons(task)).toEqual([null]);
  });

  it("ends at once what a slot's former process left, although the slot beats", async () => {
    const { incarnation } = await worker("slot", 0);
    const former = await processing("slot", -60, incarnation - 1n);
    const current = await processing("slot", -60, incarnation);
    await sql("update tts_monitor.workers set heartbeat_timeout = interval '1 hour'");
    // Overdue since the takeover, not since the task's start an hour ago.
    expect(await sweep()).toMatchObject([{ reason: "worker_lost", delay: expect.closeTo(0, 0) }]);
    expect(await reasons(former, current)).toEqual(["worker_lost", null]);
  });

  it("ends what runs on a worker that is on no list, half a minute after it started", async () => {
    const lost = await processing("unlisted", -60, 1n);
    const young = await processing("unlisted", -60, 1n);
    await sql(
      "update tts_monitor.tasks set started_at = clock_timestamp() - interval '25 seconds' where id = $1",
      [young],
    );
    await withClient(database().pool, async (client) => {
      // As if the server had been up for longer than since the beginning of the tests.
      await client.query(
        "begin; create or replace view tts_monitor.hearing as select timestamptz '-infinity' as since",
      );
      expect(await sweepOverdue(client, 10)).toMatchObject([
        { taskId: String(lost), reason: "worker_lost", delay: expect.closeTo(3570, -1) },
      ]);
      await client.query("rollback");
    });
  });

  it("leaves a row that a stranger has locked, and delays no other for it", async () => {
    const locked = await processing(null, 5);
    const free = await processing(null, 5);
    await withClient(database().pool, async (client) => {
      await client.query("begin");
      await client.query("select from tts_monitor.tasks where id = $1 for update", [locked]);
      expect(await sweep()).toHaveLength(1);
      expect(await reasons(locked, free)).toEqual([null, "deadline_exceeded"]);
      await client.query("rollback");
    });
    expect(await sweep()).toHaveLength(1);
  });

  it("racing with completions leaves one outcome each and exact books", async () => {
    const pool = openPool(database().url, "race", 8);
    const books = async () =>
      (
        await sql(
          "select event, sum(n)::int as n from tts_monitor.task_ledger where event in ('completed', 'timeout') group by 1",
        )
      ).reduce((sum, { n }) => sum + n, 0);
    const before = await books();
    const ids = await Promise.all(Array.from({ length: 300 }, () => processing(null, 5)));
    const [swept, completed] = await Promise.all([
      (async () => {
        let count = 0;
        for (let round = 0; round < 30; round++) count += (await sweepOverdue(pool, 13)).length;
        return count;
      })(),
      Promise.all(ids.map(async (id) => (await end(pool, id, COMPLETED)) !== undefined)),
    ]);
    await pool.end();
    expect(swept + completed.filter(Boolean).length).toBe(300);
    expect((await books()) - before).toBe(300);
    const [first] = ids;
    expect(await recordLate(database().pool, first ?? 0n)).toMatchObject({
      status: expect.stringMatching(/completed|timeout/),
    });
  });
});
