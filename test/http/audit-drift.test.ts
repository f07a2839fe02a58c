import request from "supertest";
import { expect, it } from "vitest";
import { bypassTriggers } from "../support/bypass.ts";
import { eventually } from "../support/eventually.ts";
import { useExporter } from "../support/exporter.ts";
import { parseExposition } from "../support/exposition.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { createAppTables, seedTasks } from "../support/seed.ts";

const database = useTestDatabase();
const exporter = useExporter(() => database().url, {
  audit: { interval: 500 },
  retention: { tasks: 60_000, workers: 60_000 },
});

async function valuesOf(name: string): Promise<Record<string, number>> {
  const { text } = await request(exporter().app).get("/metrics");
  const lines = parseExposition(text).filter((line) => line.name === name);
  return Object.fromEntries(
    lines.map(({ labels, value }) => [labels["ledger"] ?? labels["job"] ?? "", value]),
  );
}
const drift = () => valuesOf("tts_monitor_audit_drift");

it("/metrics tells the drift once it is known, of texts only where they are tracked, and keeps pruned tasks out of it", async () => {
  const { pool } = database();
  await createAppTables(pool);
  await seedTasks(pool);
  expect(await drift()).toEqual({});

  exporter().scheduler.start();
  await eventually("the jobs have run", async () => {
    const { audit, prune } = await valuesOf("tts_monitor_job_last_success_timestamp_seconds");
    return audit && prune;
  });
  expect(await drift()).toEqual({ tasks: 0 });
  const { rows } = await pool.query("select count(*)::integer as n from tts_monitor.tasks");
  expect(rows).toEqual([{ n: 2 }]);

  await bypassTriggers(pool, "delete from tts_monitor.tasks");
  await eventually("the drift shows", async () => (await drift())["tasks"] === 2);
});
