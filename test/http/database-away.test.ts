import request from "supertest";
import { describe, expect, it } from "vitest";
import { migrate } from "../../src/db/migrate.ts";
import { createExporter, type Exporter } from "../../src/exporter.ts";
import { silentLogger } from "../../src/logger.ts";
import { eventually } from "../support/eventually.ts";
import { SETTINGS } from "../support/exporter-settings.ts";
import { expectInvariants, expectNoFall, parseExposition, total } from "../support/exposition.ts";
import { freePort } from "../support/ports.ts";
import { createTestDatabase, startOwnPostgres } from "../support/postgres.ts";
import { createAppTables, seedTasks } from "../support/seed.ts";

async function withExporter(url: string, use: (exporter: Exporter) => Promise<void>): Promise<void> {
  const exporter = createExporter(url, { ...SETTINGS, texts: { cache: 0 } }, silentLogger);
  try {
    await use(exporter);
  } finally {
    await exporter.scheduler.stop();
    await exporter.close();
  }
}

const scrape = async (exporter: Exporter) => {
  const { status, text } = await request(exporter.app).get("/metrics");
  expect(status).toBe(200);
  return parseExposition(text);
};
const ready = async (exporter: Exporter) => {
  const { status, text } = await request(exporter.app).get("/-/ready");
  return [status, text.trim()];
};

describe("the exporter without its database", () => {
  it("says tts_db_up 0 and not a word more of it, is healthy, not ready, and answers the API with 503", async () => {
    await withExporter(`postgres://nobody@127.0.0.1:${await freePort()}/nothing`, async (exporter) => {
      const lines = await scrape(exporter);
      expect(total(lines, "tts_db_up")).toBe(0);
      expectInvariants(lines);
      expect((await request(exporter.app).get("/-/healthy")).status).toBe(200);
      expect(await ready(exporter)).toEqual([503, "Not ready: the database does not answer."]);
      for (const path of ["/sd/workers", "/api/monitor/stats", "/api/task/status/1"]) {
        const { status, body } = await request(exporter.app).get(path);
        expect([path, status, Object.keys(body)]).toEqual([path, 503, ["error"]]);
      }
    });
  });

  it("says so of a database without our schema, and works as soon as it has it", async () => {
    const database = await createTestDatabase({ migrated: false });
    try {
      await withExporter(database.url, async (exporter) => {
        expectInvariants(await scrape(exporter));
        expect(total(await scrape(exporter), "tts_db_up")).toBe(0);
        expect(await ready(exporter)).toEqual([503, expect.stringContaining("tts-monitor migrate")]);
        await migrate(database.url);
        expect(total(await scrape(exporter), "tts_db_up")).toBe(1);
        expect((await ready(exporter))[0]).toBe(200);
      });
    } finally {
      await database.drop();
    }
  });

  it("keeps away from a schema newer than itself", async () => {
    const database = await createTestDatabase();
    try {
      await database.pool.query(
        "insert into tts_monitor.migrations (name, run_on) values ('0999_future', now())",
      );
      await withExporter(database.url, async (exporter) => {
        expect(total(await scrape(exporter), "tts_db_up")).toBe(0);
        expect(await ready(exporter)).toEqual([503, expect.stringMatching(/newer.*upgrade/)]);
      });
    } finally {
      await database.drop();
    }
  });

  it("answers in time while the server is frozen, and counts on where it was after a restart", async () => {
    const server = await startOwnPostgres();
    try {
      await migrate(server.url);
      await withExporter(server.url, async (exporter) => {
        await exporter.workPool.query(
          "insert into tts_monitor.tasks (text_id, status) values (1, 'completed')",
        );
        const before = await scrape(exporter);
        const { rows } = await exporter.workPool.query<{ pid: number }>(
          "select pid from pg_stat_activity where application_name like 'tts-monitor%'",
        );
        for (const { pid } of rows) process.kill(pid, "SIGSTOP");
        process.kill(server.pid, "SIGSTOP");
        const begin = performance.now();
        const { text } = await request(exporter.app)
          .get("/metrics")
          .set("X-Prometheus-Scrape-Timeout-Seconds", "1.5");
        expect(performance.now() - begin).toBeLessThan(1400);
        expect(total(parseExposition(text), "tts_db_up")).toBe(0);
        process.kill(server.pid, "SIGCONT");
        for (const { pid } of rows) process.kill(pid, "SIGCONT");
        await eventually(
          "the exporter recovers",
          async () => total(await scrape(exporter), "tts_db_up") === 1,
        );
        const after = await scrape(exporter);
        expectInvariants(after);
        expectNoFall(before, after);
      });
    } finally {
      await server.remove();
    }
  });

  it("counts the texts anew for each scrape where they are untracked and no cache is wanted, and says so", async () => {
    const database = await createTestDatabase();
    try {
      await createAppTables(database.pool);
      await seedTasks(database.pool);
      await withExporter(database.url, async (exporter) => {
        const lines = await scrape(exporter);
        expect(total(lines, "tts_monitor_texts_tracked")).toBe(0);
        expect([total(lines, "tts_db_texts"), total(lines, "tts_db_texts_completed")]).toEqual([10, 4]);
        await database.pool.query("update tts_texts set is_deleted = 1");
        const empty = await scrape(exporter);
        expect(total(empty, "tts_db_texts")).toBe(0);
        expect(total(empty, "tts_db_success_ratio")).toBeUndefined();
      });
    } finally {
      await database.drop();
    }
  });
});
