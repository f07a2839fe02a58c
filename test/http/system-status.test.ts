import request from "supertest";
import { beforeAll, describe, expect, it } from "vitest";
import { useExporter } from "../support/exporter.ts";
import { parseExposition, total } from "../support/exposition.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { createAppTables, seedTasks } from "../support/seed.ts";

const database = useTestDatabase();
const grafana = { url: "https://grafana.example.org/sub" };
const exporter = useExporter(() => database().url, { grafana });
const plain = useExporter(() => database().url);
const get = (path: string) => request(exporter().app).get(path);
const sql = (text: string) => database().pool.query(text);

beforeAll(async () => {
  await createAppTables(database().pool);
  await seedTasks(database().pool);
});

describe("GET /api/debug/system/status", () => {
  it("is healthy, and the same as statistics and metrics say", async () => {
    await sql(`
      update tts_monitor.tasks set status = 'processing' where status = 'pending';
      insert into tts_monitor.workers (worker, concurrency_limit) values ('w1', 2), ('w2', 2);
      update tts_monitor.workers set draining_at = now() where worker = 'w2'`);
    const { status, body } = await get("/api/debug/system/status");
    expect(status).toBe(200);
    const stats = (await get("/api/monitor/stats")).body;
    expect(atRest(body.monitor_stats)).toEqual(atRest(stats));
    expect(body.active_tasks).toEqual(body.monitor_stats.active_list);
    expect(body.active_tasks).toHaveLength(2);
    expect(body.system_health).toMatchObject({
      status: "healthy",
      problems: [],
      database: "up",
      workers: { live: 1, draining: 1, lost: 0 },
      pending_tasks: 0,
      processing_tasks: 2,
      stuck_tasks: { deadline_passed: 0, heartbeat_stale: 0, never_claimed: 0 },
      texts_tracked: false,
    });
  });

  it("names what is wrong, with the numbers of the metrics", async () => {
    await sql(`
      update tts_monitor.tasks set deadline_at = started_at where id = (
        select min(id) from tts_monitor.tasks where status = 'processing');
      insert into tts_monitor.tasks (text_id, created_at) values (11, now() - interval '1 hour'), (12, now());
      delete from tts_monitor.workers where worker = 'w1'`);
    const { system_health: health } = (await get("/api/debug/system/status")).body;
    expect(health.status).toBe("degraded");
    expect(health.problems).toEqual([
      "no live worker for 2 pending tasks",
      "stuck tasks (deadline_passed): 1",
      "stuck tasks (never_claimed): 1",
    ]);
    const lines = parseExposition((await get("/metrics")).text);
    for (const [cause, count] of Object.entries(health.stuck_tasks)) {
      expect(total(lines, "tts_db_tasks_stuck", { cause })).toBe(count);
    }
    for (const [state, count] of Object.entries(health.workers)) {
      expect(total(lines, "tts_db_workers", { state })).toBe(count);
    }
    expect(total(lines, "tts_db_tasks", { status: "pending" })).toBe(health.pending_tasks);
    expect(total(lines, "tts_db_tasks", { status: "processing" })).toBe(health.processing_tasks);
    expect(total(lines, "tts_db_oldest_pending_age_seconds")).toBeCloseTo(health.oldest_pending_age, -1);
    expect(total(lines, "tts_db_texts_timestamp_seconds")).toBe(health.texts_counted_at);
  });
});

/** The statistics without what goes on from one reading to the next. */
function atRest({ timestamp: _, active_list, ...rest }: { timestamp: number; active_list: object[] }) {
  return { ...rest, active_list: active_list.map((task) => ({ ...task, duration: 0 })) };
}

describe("GET /monitor", () => {
  it("leads to Grafana's overview, or to the page of links where there is no Grafana", async () => {
    const { status, headers } = await get("/monitor");
    expect([status, headers["location"]]).toEqual([302, "https://grafana.example.org/sub/d/tts-overview"]);
    expect((await request(plain().app).get("/monitor")).headers["location"]).toBe("/");
  });
});

describe("GET /", () => {
  it("links to everything that a browser can open, and says what it is; no script, no style", async () => {
    const { text, headers } = await get("/");
    expect(headers["content-type"]).toBe("text/html; charset=utf-8");
    const links = [...text.matchAll(/<a href="([^"]+)">/g)].map(([, path]) => path ?? "");
    expect(links).toEqual(expect.arrayContaining(["/metrics", "/api/tasks", "/api/texts", "/openapi.json"]));
    for (const path of links) expect([path, (await get(path)).status < 400]).toEqual([path, true]);
    expect(text).toContain("GET /api/task/status/:text_id");
    expect(text).not.toMatch(/<script|<style|style=|\son\w+=/);
  });
});
