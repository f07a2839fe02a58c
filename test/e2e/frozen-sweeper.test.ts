import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { total } from "../support/exposition.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { startServe } from "../support/serve.ts";

const database = useTestDatabase();

/** Tasks that are overdue at once. */
async function leaveOverdue(count: number): Promise<void> {
  await database().pool.query(
    `insert into tts_monitor.tasks (text_id, status, started_at, deadline_at)
     select n, 'processing', clock_timestamp(), clock_timestamp() from generate_series(1, $1) n`,
    [count],
  );
}

const alive = async () =>
  (await database().pool.query("select from tts_monitor.tasks where status = 'processing'")).rowCount;

it("a sweeper that is frozen in the middle of its work keeps no other from it, and ends nothing twice when it thaws", async () => {
  const start = () => startServe(database().url, "--sweep.interval=100ms");
  const exporters = [await start(), await start()] as const;
  let tasks = 0;
  for (const frozen of [0, 1, 0, 1] as const) {
    await leaveOverdue(5000);
    tasks += 5000;
    await sleep(100 * Math.random());
    exporters[frozen].process.freeze();
    await eventually("the other one ends them all", async () => (await alive()) === 0, 15_000);
    exporters[frozen].process.thaw();
  }
  await sleep(500);
  const lines = await exporters[0].scrape();
  expect(total(lines, "tts_db_tasks_finished_total", { outcome: "timeout" })).toBe(tasks);
  expect(total(lines, "tts_db_tasks_started_total")).toBe(tasks);
  for (const { process } of exporters) await process.end();
});
