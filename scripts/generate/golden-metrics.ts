import request from "supertest";
import { createExporter } from "../../src/exporter.ts";
import { silentLogger } from "../../src/logger.ts";
import { SETTINGS } from "../../test/support/exporter-settings.ts";
import { createAppTables, seedTasks, track } from "../../test/support/seed.ts";
import type { ScratchDatabase } from "./scratch-database.ts";

// What differs from run to run: times, sizes, the machine and the versions.
const VARYING =
  /^tts_(?:db_(?:snapshot_timestamp|texts_timestamp|oldest_\w+_age|tasks_stuck_max_age|stuck_task_age|relation_bytes|worker_heartbeat_age)|monitor_(?:db_clock_skew|collector_duration|db_pool|http_request))/;

/** `/metrics` of a known database: our own families, with 0 for every value that varies. */
export async function goldenMetrics({ url, pool }: ScratchDatabase): Promise<string> {
  await createAppTables(pool);
  await track(pool);
  await seedTasks(pool);
  await pool.query("insert into tts_monitor.workers (worker, concurrency_limit) values ('worker-1', 2)");
  await pool.query(`insert into tts_monitor.tasks (text_id, worker, status, created_at, started_at)
    values (10, null, 'pending', '2026-01-01', null), (10, 'worker-1', 'processing', '2026-01-01', '2026-01-01')`);
  const exporter = createExporter(url, SETTINGS, silentLogger);
  try {
    const { text } = await request(exporter.app).get("/metrics");
    return steady(text);
  } finally {
    await exporter.close();
  }
}

/** The exposition without process and Node.js metrics, its varying values and versions replaced. */
function steady(exposition: string): string {
  return exposition
    .split("\n\n")
    .filter((family) => /^# HELP tts_/.test(family))
    .map((family) => family.trimEnd().split("\n").map(steadyLine).join("\n"))
    .join("\n\n")
    .concat("\n");
}

function steadyLine(line: string): string {
  if (line.startsWith("#")) return line;
  if (line.startsWith("tts_monitor_build_info")) return line.replaceAll(/version="[^"]*"/g, 'version="X"');
  return VARYING.test(line) ? line.replace(/ \S+$/, " 0") : line;
}
