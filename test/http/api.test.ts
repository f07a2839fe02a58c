import request from "supertest";
import { beforeAll, describe, expect, it } from "vitest";
import { useExporter } from "../support/exporter.ts";
import { parseExposition, total } from "../support/exposition.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { createAppTables, seedTasks, track } from "../support/seed.ts";

const database = useTestDatabase();
const exporter = useExporter(() => database().url);
const get = (path: string) => request(exporter().app).get(path);
const sql = (text: string, values: unknown[] = []) => database().pool.query(text, values);

beforeAll(async () => {
  await createAppTables(database().pool);
  await track(database().pool);
  await seedTasks(database().pool);
});

describe("GET /api/monitor/stats", () => {
  it("gives the old monitor's numbers, each equal to its metric", async () => {
    await sql(`insert into tts_monitor.workers (worker, concurrency_limit) values ('w1', 2), ('w2', 3)`);
    const { status, body } = await get("/api/monitor/stats");
    expect(status).toBe(200);
    expect(body).toEqual({
      active_tasks: 0,
      max_concurrent: 5,
      total_tasks: 10,
      success_rate: 40,
      avg_duration: 3.6,
      tasks_started: 9,
      tasks_completed: 4,
      tasks_failed: 5,
      active_list: [],
      timestamp: expect.any(Number),
    });
    const lines = parseExposition((await get("/metrics")).text);
    expect(total(lines, "tts_db_texts")).toBe(body.total_tasks);
    expect(total(lines, "tts_db_texts_completed")).toBe(body.tasks_completed);
    expect(total(lines, "tts_db_tasks_started_total")).toBe(body.tasks_started);
    expect(total(lines, "tts_db_concurrency_limit", { scope: "workers" })).toBe(body.max_concurrent);
  });

  it("lists active tasks, the oldest first, and takes the global limit for the maximum where one is set", async () => {
    await sql("update tts_monitor.settings set concurrency_global = 7");
    const { rows } = await sql(
      `insert into tts_monitor.tasks (text_id, status, started_at) values
         (9007199254740993, 'processing', clock_timestamp() - interval '10 seconds'),
         (2, 'processing', clock_timestamp() - interval '20 seconds') returning id`,
    );
    const { body } = await get("/api/monitor/stats");
    expect(body.max_concurrent).toBe(7);
    expect(body.active_tasks).toBe(2);
    expect(body.active_list.map((task: { text_id: unknown }) => task.text_id)).toEqual([
      2,
      "9007199254740993",
    ]);
    expect(body.active_list[0]).toEqual({
      text_id: 2,
      status: "processing",
      start_time: expect.any(Number),
      duration: expect.closeTo(20, 0),
    });
    await sql("update tts_monitor.settings set concurrency_global = null");
    await sql("update tts_monitor.tasks set status = 'failed' where id = any($1)", [
      rows.map(({ id }) => id),
    ]);
  });
});

describe("GET /api/task/status/:text_id", () => {
  it("gives the newest task of the text", async () => {
    await sql("insert into tts_monitor.tasks (text_id) values (5)");
    expect((await get("/api/task/status/5")).body).toEqual({
      text_id: 5,
      status: "pending",
      start_time: null,
      completed_time: null,
      error_message: null,
      audio_url: null,
      filename: null,
      stage: "queued",
    });
    expect((await get("/api/task/status/6")).body).toMatchObject({
      status: "failed",
      stage: "done",
      start_time: Date.UTC(2026, 0, 1) / 1000 + 1,
      completed_time: Date.UTC(2026, 0, 1) / 1000 + 31,
      duration: 30,
    });
  });

  it("answers for a follower with its own id and the leader's task, until it has a newer task of its own", async () => {
    await sql(
      "insert into tts_monitor.followers (text_id, task_id) select 77, min(id) from tts_monitor.tasks",
    );
    expect((await get("/api/task/status/77")).body).toMatchObject({ text_id: 77, status: "completed" });
    await sql("insert into tts_monitor.tasks (text_id) values (77)");
    expect((await get("/api/task/status/77")).body).toMatchObject({ text_id: 77, status: "pending" });
  });

  it("refuses every id outside 1…2^63−1, and knows nothing of an unknown one", async () => {
    for (const id of ["0", "-1", "1.5", "abc", "9223372036854775808", "1e3", "%00", "%20", "１"]) {
      const { status, body } = await get(`/api/task/status/${encodeURI(decodeURIComponent(id))}`);
      expect([id, status]).toEqual([id, 400]);
      expect(body).toEqual({ error: expect.stringContaining("text_id") });
    }
    expect((await get("/api/task/status/9223372036854775807")).status).toBe(404);
  });
});

describe("GET /sd/workers", () => {
  it("lists every worker to scrape, a lost one for ten minutes, and none with an address Prometheus must not use", async () => {
    await sql("delete from tts_monitor.workers");
    expect((await get("/sd/workers")).body).toEqual([]);
    await sql(`
      insert into tts_monitor.workers (worker, address, heartbeat_at) values
        ('live', '127.0.0.1:9561', clock_timestamp()),
        ('lost', 'worker-2.internal:9561', clock_timestamp() - interval '9 minutes'),
        ('forgotten', 'worker-3.internal:9561', clock_timestamp() - interval '11 minutes'),
        ('mute', null, clock_timestamp()),
        ('metadata', '169.254.169.254:80', clock_timestamp()),
        ('path', 'host:80/admin', clock_timestamp())`);
    // The server has been up for less than a heartbeat timeout, so that nobody counts as lost yet.
    const { body } = await get("/sd/workers");
    const names = body.map(({ labels }: { labels: { worker: string } }) => labels.worker);
    expect(names).toContain("live");
    expect(names).toContain("lost");
    expect(names).not.toContain("mute");
    expect(names).not.toContain("metadata");
    expect(names).not.toContain("path");
    expect(body[0]).toEqual({ targets: [expect.any(String)], labels: { worker: expect.any(String) } });
  });
});

describe("every path", () => {
  it("answers HEAD like GET, other methods with 405 and Allow, an unknown path with 404", async () => {
    for (const path of ["/", "/metrics", "/-/healthy", "/-/ready", "/sd/workers", "/api/monitor/stats"]) {
      const head = await request(exporter().app).head(path);
      expect([path, head.status, head.text ?? ""]).toEqual([path, 200, ""]);
      for (const method of ["post", "put", "delete", "options", "patch"] as const) {
        const answer = await request(exporter().app)[method](path);
        expect([path, method, answer.status, answer.headers["allow"]]).toEqual([
          path,
          method,
          405,
          "GET, HEAD",
        ]);
      }
    }
    expect((await get("/nothing")).body).toEqual({ error: expect.any(String) });
    expect((await get("/nothing")).status).toBe(404);
    expect((await get("/api/task/status/%zz")).status).toBe(400);
  });
});
