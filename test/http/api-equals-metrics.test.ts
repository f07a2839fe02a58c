import request from "supertest";
import { beforeAll, expect, it } from "vitest";
import type { MonitorStats } from "../../src/collectors/stats.ts";
import { useExporter } from "../support/exporter.ts";
import { type Line, parseExposition, total } from "../support/exposition.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { createAppTables, track } from "../support/seed.ts";

const database = useTestDatabase();
const exporter = useExporter(() => database().url);
const sql = (text: string, values: unknown[] = []) => database().pool.query(text, values);

beforeAll(async () => {
  await createAppTables(database().pool);
  await track(database().pool);
  await sql("insert into tts_monitor.workers (worker, concurrency_limit) values ('w1', 2)");
});

/** Tasks and texts that come and end, as fast as one connection makes them. */
async function keepWriting(stop: AbortSignal): Promise<void> {
  for (let text = 1000; !stop.aborted; text++) {
    await sql("insert into tts_texts values ($1, 'x', 0)", [text]);
    await sql("insert into tts_monitor.tasks (text_id, worker, status) values ($1, 'w1', 'processing')", [
      text,
    ]);
    await sql("insert into tts_audios (text_id, file_size, is_deleted) values ($1, 5000, 0)", [text]);
    await sql("update tts_monitor.tasks set status = $2 where text_id = $1", [
      text,
      text % 3 === 0 ? "failed" : "completed",
    ]);
  }
}

const scrape = async () => parseExposition((await request(exporter().app).get("/metrics")).text);
const readStats = async (): Promise<MonitorStats> =>
  (await request(exporter().app).get("/api/monitor/stats")).body;

/** What the API shows, as the metrics of one scrape have it. */
function asStats(lines: Line[]) {
  const value = (name: string, labels?: Record<string, string>) => total(lines, name, labels) ?? Number.NaN;
  const finished = (outcome: string) => value("tts_db_tasks_finished_total", { outcome });
  const seconds = value("tts_db_task_duration_seconds_sum", { outcome: "completed" });
  const oneDecimal = (number: number) => Math.round(number * 10) / 10;
  return {
    active_tasks: value("tts_db_tasks", { status: "processing" }),
    max_concurrent: value("tts_db_concurrency_limit", { scope: "workers" }),
    total_tasks: value("tts_db_texts"),
    tasks_completed: value("tts_db_texts_completed"),
    success_rate: oneDecimal(value("tts_db_success_ratio") * 100),
    avg_duration: finished("completed") === 0 ? 0 : oneDecimal(seconds / finished("completed")),
    tasks_started: value("tts_db_tasks_started_total"),
    tasks_failed: finished("failed") + finished("timeout"),
  } satisfies Partial<MonitorStats>;
}

const COUNTERS = ["tasks_started", "tasks_failed", "total_tasks", "tasks_completed"] as const;

it("the API's numbers lie between those of the scrapes before and after, and equal them where these are equal", async () => {
  const stop = new AbortController();
  const writing = keepWriting(stop.signal);
  let equal = 0;
  try {
    for (let time = 0; time < 50; time++) {
      const before = asStats(await scrape());
      const stats = await readStats();
      const after = asStats(await scrape());
      for (const name of COUNTERS) {
        expect(stats[name]).toBeGreaterThanOrEqual(before[name]);
        expect(stats[name]).toBeLessThanOrEqual(after[name]);
      }
      expect(stats.active_list).toHaveLength(stats.active_tasks);
      if (JSON.stringify(before) !== JSON.stringify(after)) continue;
      equal++;
      expect(stats).toMatchObject(before);
    }
  } finally {
    stop.abort();
    await writing;
  }
  const [stats, metrics] = [await readStats(), asStats(await scrape())];
  expect(stats).toMatchObject(metrics);
  expect(stats.tasks_started).toBeGreaterThan(20);
  expect(equal).toBeLessThan(50);
});
