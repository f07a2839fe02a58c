import { expect, it } from "vitest";
import { disownForgotten, endForgotten } from "../../src/db/forgotten-store.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { takeSlot } from "../support/tasks.ts";

const database = useTestDatabase();
const sql = async (text: string, values: unknown[] = []) => (await database().pool.query(text, values)).rows;

it.each(["pending", "processing"])(
  "of %s tasks whose answers were lost, those of this process are set free, and none that it knows or may yet hear of",
  async (status) => {
    const { pool } = database();
    const [former, mine, other] = [
      await takeSlot(pool, "mine"),
      await takeSlot(pool, "mine"),
      await takeSlot(pool, "other"),
    ];
    const record = async ({ worker, incarnation }: typeof mine, seconds: number) => {
      const [row] = await sql(
        `insert into tts_monitor.tasks (text_id, status, worker, incarnation, created_at, started_at, ready_at)
         select 1, $1, $2, $3, t, case when $1 = 'processing' then t end, t
         from (select clock_timestamp() - $4 * interval '1 second' as t) age returning id::text`,
        [status, worker, incarnation, seconds],
      );
      return BigInt(row?.["id"]);
    };
    const forgotten = await record(mine, 10.5);
    const known = await record(mine, 10.5);
    // The end of its own slot's former life is the takeover's business.
    const kept = [known, await record(mine, 9), await record(other, 11), await record(former, 11)];

    const [disowned, ended] = [
      await disownForgotten(pool, mine, [known]),
      await endForgotten(pool, mine, [known]),
    ];
    expect([disowned, ended]).toEqual(status === "pending" ? [1, 0] : [0, 1]);
    expect(
      await sql(`select worker, incarnation, ready_at, status, reason from tts_monitor.tasks where id = $1`, [
        forgotten,
      ]),
    ).toMatchObject([
      status === "pending"
        ? { worker: null, incarnation: null, ready_at: null, status }
        : { worker: "mine", status: "failed", reason: "internal" },
    ]);
    const untouched = await sql(
      "select from tts_monitor.tasks where id = any($1) and status = $2 and worker is not null",
      [kept, status],
    );
    expect(untouched).toHaveLength(kept.length);
  },
);
