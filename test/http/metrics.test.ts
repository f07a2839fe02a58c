import { setTimeout as sleep } from "node:timers/promises";
import request from "supertest";
import { beforeAll, describe, expect, it } from "vitest";
import { useExporter } from "../support/exporter.ts";
import {
  expectInvariants,
  lintMetrics,
  parseExposition,
  parseStrictly,
  total,
} from "../support/exposition.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { describeWith, describeWithPythonClient } from "../support/programs.ts";
import { createAppTables, seedTasks, track } from "../support/seed.ts";

const OPENMETRICS =
  "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

const database = useTestDatabase();
const exporter = useExporter(() => database().url);
const scrape = (headers: Record<string, string> = {}) => request(exporter().app).get("/metrics").set(headers);
const lines = async () => parseExposition((await scrape()).text);

beforeAll(async () => {
  await createAppTables(database().pool);
  await track(database().pool);
  await seedTasks(database().pool);
});

describe("/metrics", () => {
  it("publishes the totals of rows that were there before the exporter started", async () => {
    const all = await lines();
    expect(total(all, "tts_db_up")).toBe(1);
    expect(total(all, "tts_db_texts")).toBe(10);
    expect(total(all, "tts_db_texts_completed")).toBe(4);
    expect(total(all, "tts_db_success_ratio")).toBe(0.4);
    expect(total(all, "tts_db_tasks", { status: "pending" })).toBe(2);
    expect(total(all, "tts_db_tasks_created_total")).toBe(11);
    expect(total(all, "tts_db_tasks_finished_total", { outcome: "completed" })).toBe(4);
    expect(total(all, "tts_db_task_failures_total", { reason: "worker_lost" })).toBe(1);
    expectInvariants(all);
  });

  it("counts invalid input for no objective, and a slow completion as late", async () => {
    const all = await lines();
    const slo = (slo: string, result: string) => total(all, "tts_db_slo_events_total", { slo, result });
    expect(slo("task_success", "good")).toBe(4);
    expect(slo("task_success", "bad")).toBe(4);
    expect(slo("task_latency", "good")).toBe(2);
    expect(slo("task_latency", "bad")).toBe(2);
  });

  it("puts a duration that equals a bucket's bound into that bucket", async () => {
    const all = await lines();
    const upTo = (le: string) =>
      total(all, "tts_db_task_duration_seconds_bucket", { le, outcome: "completed" });
    expect([upTo("0.5"), upTo("1"), upTo("2.5"), upTo("5"), upTo("10"), upTo("20")]).toEqual([
      1, 2, 2, 3, 3, 4,
    ]);
  });

  it("answers in the text format by default, and to an Accept that names neither format", async () => {
    for (const headers of [{}, { Accept: "text/html" }, { Accept: "*/*" }] as Record<string, string>[]) {
      const { status, headers: answer } = await scrape(headers);
      expect(status).toBe(200);
      expect(answer["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
    }
  });

  it("answers in OpenMetrics to Prometheus' own Accept header, time after time", async () => {
    await scrape({ Accept: OPENMETRICS });
    const { text, headers } = await scrape({ Accept: OPENMETRICS });
    expect(headers["content-type"]).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
    expect(text).toMatch(/# EOF\n$/);
    expect(text).toContain("tts_db_tasks_created_total 11");
    expect((await scrape()).text).toContain("tts_db_tasks_created_total 11");
  });

  it("has a HELP and a TYPE for each family, and neither for one without samples", async () => {
    const { text } = await scrape();
    const families = [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name = ""]) => name);
    expect(new Set(families).size).toBe(families.length);
    for (const family of families) {
      expect(text).toContain(`# HELP ${family} `);
      expect(text).toMatch(new RegExp(`^${family}(_bucket)?[{ ]`, "m"));
    }
  });

  it("contains no NaN", async () => {
    expect((await scrape()).text).not.toMatch(/ NaN$/im);
  });

  it("describes the three living states of the exporter from the first scrape on, at 0", async () => {
    const all = await lines();
    for (const result of ["fresh", "coalesced", "failed"]) {
      expect(total(all, "tts_monitor_scrapes_total", { result })).toBeDefined();
    }
    for (const job of ["sweep", "fold"]) {
      for (const result of ["ok", "error", "skipped"]) {
        expect(total(all, "tts_monitor_job_runs_total", { job, result })).toBe(0);
      }
    }
  });

  it("answers within the scrape's own timeout while a table is locked, and misses only what needs it", async () => {
    const client = await database().pool.connect();
    try {
      await client.query("begin; lock table tts_texts in access exclusive mode");
      const { text, status } = await scrape({ "X-Prometheus-Scrape-Timeout-Seconds": "2.5" });
      const all = parseExposition(text);
      expect(status).toBe(200);
      expect(total(all, "tts_db_up")).toBe(1);
      expect(total(all, "tts_db_texts")).toBeDefined();
      await client.query("lock table tts_monitor.workers in access exclusive mode");
      const blocked = parseExposition((await scrape()).text);
      expect(total(blocked, "tts_db_up")).toBe(1);
      expect(total(blocked, "tts_monitor_collector_success", { collector: "workers" })).toBe(0);
      expect(total(blocked, "tts_db_workers")).toBeUndefined();
      expect(total(blocked, "tts_db_tasks_created_total")).toBe(11);
      expectInvariants(blocked);
    } finally {
      await client.query("rollback");
      client.release();
    }
    expect(total(await lines(), "tts_monitor_collector_success", { collector: "workers" })).toBe(1);
  });

  it("lets a hundred concurrent scrapes share a few reads, and the text of each", async () => {
    const before = total(await lines(), "tts_monitor_scrapes_total", { result: "fresh" }) ?? 0;
    const answers = await Promise.all(Array.from({ length: 100 }, () => scrape()));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    for (const { text } of answers) expectInvariants(parseExposition(text));
    const after = total(await lines(), "tts_monitor_scrapes_total", { result: "fresh" }) ?? 0;
    expect(after - before).toBeLessThan(10);
    const texts = new Set(answers.map(({ text }) => text));
    expect(texts.size).toBeLessThan(10);
  });

  it("shows what was committed before the scrape began, although it may share a read", async () => {
    const { pool } = database();
    for (let round = 0; round < 20; round++) {
      void scrape().then(() => {});
      await sleep(Math.random() * 5);
      const { rows } = await pool.query("insert into tts_monitor.tasks (text_id) values (1) returning id");
      const created = total(await lines(), "tts_db_tasks_created_total") ?? 0;
      expect(created).toBeGreaterThanOrEqual(Number(rows[0].id));
    }
  });
});

describeWith("promtool", "promtool check metrics", () => {
  it("has nothing to say about our own families", async () => {
    const { text } = await scrape();
    const ours = lintMetrics(text)
      .split("\n")
      .filter((line) => line.startsWith("tts_") || /error/i.test(line));
    expect(ours).toEqual([]);
  });
});

describeWithPythonClient("the strict OpenMetrics parser", () => {
  it("accepts both formats", async () => {
    expect(parseStrictly((await scrape()).text)).toBeGreaterThan(30);
    expect(parseStrictly((await scrape({ Accept: OPENMETRICS })).text)).toBeGreaterThan(30);
  });
});
