import request from "supertest";
import { describe, expect, it } from "vitest";
import { useExporter } from "../support/exporter.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { seedApi, seedLivingTasks } from "../support/seed-api.ts";

const database = useTestDatabase();
const exporter = useExporter(() => database().url);
const sql = (text: string) => database().pool.query(text);

type Situation = [name: string, path: string, before?: () => Promise<unknown>];

// In this order: some change what the later ones find.
const SITUATIONS: Situation[] = [
  ["stats-without-texts-table", "/api/monitor/stats"],
  ["texts-without-texts-table", "/api/texts"],
  ["tasks-none", "/api/tasks"],
  ["status-unknown", "/api/task/status/3"],
  ["stats-idle", "/api/monitor/stats", () => seedApi(database().pool)],
  [
    "system-degraded-without-workers",
    "/api/debug/system/status",
    () => sql("insert into tts_monitor.tasks (text_id) values (8)"),
  ],
  ["stats-busy", "/api/monitor/stats", () => seedLivingTasks(database().pool)],
  [
    "stats-global-limit",
    "/api/monitor/stats",
    () => sql("update tts_monitor.settings set concurrency_global = 2"),
  ],
  ["status-queued", "/api/task/status/1"],
  ["status-running", "/api/task/status/2"],
  ["status-completed-after-a-failure", "/api/task/status/3"],
  ["status-failed", "/api/task/status/4"],
  ["status-timeout", "/api/task/status/5"],
  ["status-of-a-follower", "/api/task/status/6"],
  ["status-of-a-large-id", "/api/task/status/9007199254740993"],
  ["status-of-a-text-without-task", "/api/task/status/7"],
  ["status-of-a-bad-id", "/api/task/status/9223372036854775808"],
  ["status-of-no-number", "/api/task/status/seven"],
  ["tasks-failed-and-timeout", "/api/tasks?status=failed,timeout"],
  ["tasks-of-a-worker", "/api/tasks?worker=worker-2"],
  ["tasks-of-a-text", "/api/tasks?q=3"],
  ["tasks-searched", "/api/tasks?q=PROVIDER"],
  ["tasks-of-the-last-hours", "/api/tasks?since=1h"],
  ["tasks-first-page", "/api/tasks?status=completed,failed&limit=1"],
  ["tasks-bad-status", "/api/tasks?status=lost"],
  ["tasks-bad-cursor", "/api/tasks?cursor=xyz"],
  ["texts-all", "/api/texts"],
  ["texts-generated", "/api/texts?audio_filter=generated&order=asc"],
  ["texts-not-generated-and-gone-wrong", "/api/texts?audio_filter=not_generated&task_status=failed,timeout"],
  ["texts-searched", "/api/texts?q=sixth"],
  ["texts-bad-limit", "/api/texts?limit=501"],
  ["system-with-a-stuck-task", "/api/debug/system/status"],
  ["unknown-path", "/api/task/7"],
];

describe("the API's golden answers: a changed one breaks the old front end", () => {
  it.each(SITUATIONS)("%s: GET %s", async (name, path, before) => {
    await before?.();
    const { status, body } = await request(exporter().app).get(path);
    await expectGolden(name, { status, body });
    if (status === 200) expectDescribed(path, body);
  });

  it("method-not-allowed: DELETE /api/tasks", async () => {
    const { status, body } = await request(exporter().app).delete("/api/tasks");
    await expectGolden("method-not-allowed", { status, body });
  });
});

describe("the golden answers without a database", () => {
  const gone = useExporter(() => new URL("/nowhere", database().url).href);
  it.each([
    "/api/monitor/stats",
    "/api/task/status/3",
    "/api/tasks",
    "/api/texts",
    "/api/debug/system/status",
  ])("GET %s is a 503, never zeros", async (path) => {
    const { status, body } = await request(gone().app).get(path);
    expect([status, Object.keys(body)]).toEqual([503, ["error"]]);
  });
});

async function expectGolden(name: string, answer: object): Promise<void> {
  const text = `${JSON.stringify(answer, steady, 2)}\n`;
  await expect(text).toMatchFileSnapshot(`../golden/api/${name}.json`);
}

// What goes on with the clock.
const MOVING = new Set(["timestamp", "oldest_pending_age", "oldest_processing_age", "texts_counted_at"]);
const NOW = Date.UTC(2026, 0, 2) / 1000;

function steady(key: string, value: unknown): unknown {
  if (typeof value === "number" && (MOVING.has(key) || (key === "duration" && value > 86_400)))
    return "<now>";
  if (typeof value === "number" && key.endsWith("_time") && value > NOW) return "<now>";
  if (key === "next_cursor" && value !== null) return "<cursor>";
  return key === "version" || key === "schema_version" ? "<version>" : value;
}

/** The answer has every field that the description names and no other. */
function expectDescribed(path: string, body: unknown): void {
  const [pathname = ""] = path.split("?");
  const endpoint = exporter().endpoints.find(
    ({ operation }) =>
      operation.method === "get" &&
      new RegExp(`^${operation.path.replaceAll(/:\w+/g, "[^/]+")}$`).test(pathname),
  );
  expect(endpoint?.operation.answers[200]?.parse(body)).toEqual(body);
}
