import { expect, it } from "vitest";
import type { Queryable } from "../../src/db/pool.ts";
import { insertStarted, readStarted } from "../../src/db/start-store.ts";
import { beat } from "../../src/db/worker-store.ts";
import { openPool } from "../support/open-pool.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { HOUR, registration, takeSlot } from "../support/tasks.ts";

const database = useTestDatabase();

it("of two processes that take a slot at once, the one that lost it ends nothing of the owner's", async () => {
  const pool = openPool(database().url, "takeover", 2);
  try {
    // The loser is held up between its two statements; meanwhile the winner, whose number is the lower one,
    // registers and starts a task.
    await pool.query("select setval('tts_monitor.incarnations', 100)");
    let owned: { taskId: bigint; slot: Awaited<ReturnType<typeof takeSlot>> } | undefined;
    const heldUp = {
      async query(sql: string, values: unknown[]) {
        if (/^\s*update/.test(sql)) {
          await pool.query("select setval('tts_monitor.incarnations', 50)");
          const slot = await takeSlot(pool);
          const task = { textId: 1n, contentHash: null, slot, dedupWindow: HOUR };
          owned = { taskId: (await insertStarted(pool, task, HOUR)) ?? 0n, slot };
        }
        return await pool.query(sql, values);
      },
    } as Queryable;
    const loser = await takeSlot(heldUp);

    if (!owned) throw new Error("the loser was not held up");
    expect(owned.slot.incarnation).toBeLessThan(loser.incarnation);
    expect(await beat(pool, { ...registration(), ...loser })).toBe(false);
    expect(await readStarted(pool, owned.taskId, owned.slot)).toBe(0);
  } finally {
    await pool.end();
  }
});
