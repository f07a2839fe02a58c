import { describe, expect, it } from "vitest";
import { DURATION_BUCKETS, QUEUE_WAIT_BUCKETS } from "../../src/domain/buckets.ts";
import { errorMessage, FAILURE_REASONS, REASONS } from "../../src/domain/reason.ts";
import { canMove, OUTCOMES, STATUSES } from "../../src/domain/task.ts";
import { useTestDatabase } from "../support/postgres.ts";

const database = useTestDatabase();
const sql = (text: string, values: unknown[] = []) => database().pool.query(text, values);

const insert = async (status: string): Promise<string> => {
  const { rows } = await sql("insert into tts_monitor.tasks (text_id, status) values (1, $1) returning id", [
    status,
  ]);
  return rows[0].id;
};

describe("PostgreSQL itself", () => {
  it("refuses every move that the state machine does not know, and allows the others", async () => {
    for (const from of STATUSES) {
      for (const to of STATUSES.filter((status) => status !== from)) {
        const id = await insert(from);
        const move = sql("update tts_monitor.tasks set status = $2, reason = null where id = $1", [id, to]);
        if (canMove(from, to)) await expect(move, `${from} → ${to}`).resolves.toMatchObject({ rowCount: 1 });
        else await expect(move).rejects.toThrow(`task ${id} cannot move from ${from} to ${to}`);
      }
    }
  });

  it.each([
    ["queue_wait_bucket", QUEUE_WAIT_BUCKETS],
    ["duration_bucket", DURATION_BUCKETS],
  ] as const)(
    "has in %s the bounds of the metrics: each holds what equals it, and no microsecond more",
    async (name, bounds) => {
      const { rows } = await sql(
        `select tts_monitor.${name}(bound) as equal, tts_monitor.${name}(bound + 1) as above
       from unnest($1::bigint[]) bound order by bound`,
        [bounds.map((seconds) => seconds * 1_000_000)],
      );
      expect(rows).toEqual(bounds.map((_, index) => ({ equal: index, above: index + 1 })));
    },
  );

  it.each(STATUSES)("handles the deletion of a row that is %s", async (status) => {
    const id = await insert(status);
    const deletion = sql("delete from tts_monitor.tasks where id = $1", [id]);
    if (canMove("processing", status)) await expect(deletion).resolves.toMatchObject({ rowCount: 1 });
    else
      await expect(deletion).rejects.toThrow(
        `task ${id} is ${status} and cannot be deleted before it has ended`,
      );
  });

  it("refuses to truncate the tasks, by cascade too", async () => {
    await expect(sql("truncate tts_monitor.tasks cascade")).rejects.toThrow(/cannot be truncated/);
  });

  it("accepts just the reasons of the domain, each with its own outcome", async () => {
    for (const outcome of OUTCOMES) {
      for (const reason of [...REASONS, "unheard_of"]) {
        const fits =
          outcome !== "completed" &&
          reason !== "unheard_of" &&
          (outcome === "failed") === FAILURE_REASONS.some((known) => known === reason);
        const insertion = sql("insert into tts_monitor.tasks (text_id, status, reason) values (1, $1, $2)", [
          outcome,
          reason,
        ]);
        if (fits) await expect(insertion).resolves.toMatchObject({ rowCount: 1 });
        else await expect(insertion, `${outcome}/${reason}`).rejects.toThrow(/tasks_reason_of_outcome/);
      }
    }
  });

  it("takes the longest error message that the domain makes", async () => {
    const message = errorMessage("🎧".repeat(2001));
    const insertion = sql(
      "insert into tts_monitor.tasks (text_id, status, error_message) values (1, 'failed', $1)",
      [message],
    );
    await expect(insertion).resolves.toMatchObject({ rowCount: 1 });
  });
});

describe("a row that arrives in a later state", () => {
  it.each(OUTCOMES)(
    "gets what is missing, and moves created, started and finished alike: %s",
    async (status) => {
      const count = async () => {
        const { rows } = await sql(
          "select event, sum(n)::integer as n from tts_monitor.task_ledger group by event",
        );
        const of = (event: string) => rows.find((row) => row.event === event)?.n ?? 0;
        return [of("created"), of("started"), of(status)];
      };
      const before = await count();
      const { rows } = await sql(
        "insert into tts_monitor.tasks (text_id, status) values (1, $1), (2, $1) returning *",
        [status],
      );
      expect(await count()).toEqual(before.map((n) => n + 2));
      const reasons = { completed: null, failed: "other", timeout: "deadline_exceeded" };
      for (const row of rows) {
        expect(row).toMatchObject({ status, reason: reasons[status] });
        expect(row.started_at).toEqual(row.created_at);
        expect(row.finished_at.getTime()).toBeGreaterThanOrEqual(row.started_at.getTime());
      }
    },
  );

  it("keeps the times that it brings", async () => {
    const finished = new Date("2026-01-01T00:00:00Z");
    const { rows } = await sql(
      `insert into tts_monitor.tasks (text_id, status, created_at, started_at, finished_at)
       values (1, 'completed', $1::timestamptz - interval '1 hour', null, $1), (1, 'failed', $1, $1, $1),
         (1, 'timeout', $1, $1, $1) returning *`,
      [finished],
    );
    // What else is missing is derived all the same.
    expect(rows).toMatchObject(
      [null, "other", "deadline_exceeded"].map((reason) => ({
        started_at: finished,
        finished_at: finished,
        reason,
      })),
    );
  });

  it("is in time up to the latency objective, to the microsecond", async () => {
    await sql("truncate tts_monitor.task_deltas");
    await sql(
      `insert into tts_monitor.tasks (text_id, status, created_at, finished_at)
       select n, 'completed', t, t + slo_latency + n * interval '1 microsecond'
       from tts_monitor.settings, (select clock_timestamp() as t) now, generate_series(0, 1) n`,
    );
    const { rows } = await sql("select label from tts_monitor.task_deltas where event = 'completed'");
    expect(rows).toEqual([{ label: "in_time" }, { label: "too_late" }]);
  });

  it("starts now where an operator moves it on by hand, having waited until now", async () => {
    const { rows } = await sql(
      `insert into tts_monitor.tasks (text_id, created_at)
       values (1, clock_timestamp() - interval '1 hour') returning id`,
    );
    const moved = await sql(
      `update tts_monitor.tasks set status = 'processing' where id = $1
       returning started_at - created_at > interval '59 minutes' as waited,
         deadline_at - started_at = interval '40 minutes' as has_deadline`,
      [rows[0].id],
    );
    expect(moved.rows).toEqual([{ waited: true, has_deadline: true }]);
  });
});
