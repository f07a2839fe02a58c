import { beforeAll, describe, expect, it } from "vitest";
import { migrate } from "../../src/db/migrate.ts";
import { bypassTriggers } from "../support/bypass.ts";
import { BEHIND_PGBOUNCER, createTestDatabase, useTestDatabase } from "../support/postgres.ts";
import { startCli } from "../support/processes.ts";
import { readTextBooks } from "../support/recount.ts";
import { useRoles } from "../support/roles.ts";
import { createAppTables, seedTasks, track } from "../support/seed.ts";
import { takeSlot } from "../support/tasks.ts";
import { withClient } from "../support/with-client.ts";

const database = useTestDatabase();
const role = useRoles(database, ["reader"]);
const sql = async (text: string, values: unknown[] = []) => (await database().pool.query(text, values)).rows;

/** Runs a command on the database to its end. */
async function run(words: string[], env: Record<string, string> = {}, url = database().url) {
  const command = startCli([...words, `--database.url=${url}`], { env });
  const { code } = await command.exited;
  return { code, lines: command.output().trimEnd().split("\n") };
}

beforeAll(async () => {
  await seedTasks(database().pool);
});

describe("tts-monitor audit", () => {
  const NO_TEXTS = "texts: no ledger, the application's tables carry no triggers";

  it("says that there is no drift, and ends with 0", async () => {
    expect(await run(["audit"])).toEqual({ code: 0, lines: ["tasks: drift 0", NO_TEXTS] });
    expect(await run(["audit", "--repair"])).toEqual({ code: 0, lines: ["tasks: drift 0", NO_TEXTS] });
  });

  it("names each difference and ends with 1, repairs nothing by itself nor for a variable, and does when told", async () => {
    const { pool } = database();
    await createAppTables(pool);
    await track(pool);
    await bypassTriggers(pool, "delete from tts_monitor.tasks where status = 'timeout'");
    await bypassTriggers(
      pool,
      "insert into tts_monitor.tasks (text_id, status, started_at, finished_at) values (1, 'completed', now(), now())",
    );
    await bypassTriggers(pool, "update tts_texts set is_deleted = 1 where id = 1");
    const findings = [
      "tasks: drift 2",
      "  completed: ledger 4, rows 5",
      "  timeout: ledger 2, rows 0",
      "texts: drift 1",
      "  texts: ledger 10, rows 9",
      "  completed: ledger 4, rows 3",
    ];
    expect(await run(["audit"])).toEqual({ code: 1, lines: findings });
    expect(await run(["audit"], { TTS_MONITOR_REPAIR: "true" })).toEqual({ code: 1, lines: findings });
    expect(await run(["audit", "--repair"])).toEqual({
      code: 0,
      lines: [
        ...findings,
        "tasks: booked 1 created, 1 started, 1 completed, 2 deleted",
        "texts: counted anew",
        "tasks: drift 0",
        "texts: drift 0",
      ],
    });
    expect((await run(["audit"])).code).toBe(0);
    expect(await readTextBooks(pool)).toEqual({ texts: "9", completed: "3" });
  });

  it("that may not repair says so in one line, and ends with 1", async () => {
    const { name, url } = role("reader");
    await migrate(database().url, { reader: name });
    expect((await run(["audit"], {}, url)).code).toBe(0);
    await bypassTriggers(database().pool, "insert into tts_monitor.tasks (text_id) values (9)");
    const { code, lines } = await run(["audit", "--repair"], {}, url);
    expect(code).toBe(1);
    expect(lines.at(-1)).toMatch(/^tts-monitor: the database refused it: permission denied for table/);
    expect((await run(["audit", "--repair"])).code).toBe(0);
  });
});

it.skipIf(BEHIND_PGBOUNCER)("a repair gives way to another one that is under way, in one line", async () => {
  await bypassTriggers(database().pool, "insert into tts_monitor.tasks (text_id) values (9)");
  await withClient(database().pool, async (other) => {
    await other.query("begin; lock table tts_monitor.settings in share update exclusive mode");
    const { code, lines } = await run(["audit", "--repair"]);
    expect(code).toBe(1);
    expect(lines.at(-1)).toBe(
      "tts-monitor: another session holds a lock that this needs: try again when it is done",
    );
    await other.query("rollback");
  });
  expect((await run(["audit", "--repair"])).code).toBe(0);
});

describe("tts-monitor prune", () => {
  it("removes what is past its retention, and says how much", async () => {
    await sql("insert into tts_monitor.tasks (text_id, status) values (1, 'completed')");
    const recent = await sql(
      "select id from tts_monitor.tasks where coalesce(finished_at, now()) > now() - interval '1 hour' order by 1",
    );
    expect(await run(["prune", "--retention.tasks=1h"])).toMatchObject({
      code: 0,
      lines: [expect.stringMatching(/^removed [1-9]\d* tasks, 0 workers, the states of 1 text$/)],
    });
    expect(await sql("select id from tts_monitor.tasks order by 1")).toEqual(recent);
    expect(await run(["prune"])).toEqual({
      code: 0,
      lines: ["removed 0 tasks, 0 workers, the states of 0 texts"],
    });
  });
});

describe("tts-monitor limit", () => {
  it("prints, sets and removes the global limit, whatever the environment says, and leaves the objective", async () => {
    await takeSlot(database().pool);
    await sql("update tts_monitor.settings set slo_latency = '5 seconds'");
    await sql("insert into tts_monitor.tasks (text_id, status) values (1, 'processing'), (2, 'processing')");
    const running = "tasks in processing: 2";
    const env = { TTS_MONITOR_CONCURRENCY_GLOBAL: "7", TTS_MONITOR_UNLIMITED: "true" };
    expect(await run(["limit"], env)).toEqual({ code: 0, lines: [`no global limit; ${running}`] });
    expect(await run(["limit", "--concurrency.global=5"], env)).toEqual({
      code: 0,
      lines: [`global limit 5 (before: no global limit); ${running}`],
    });
    expect(await run(["limit"], env)).toEqual({ code: 0, lines: [`global limit 5; ${running}`] });
    expect(
      await sql("select concurrency_global, slo_latency::text as slo from tts_monitor.settings"),
    ).toEqual([{ concurrency_global: 5, slo: "00:00:05" }]);
    expect(await run(["limit", "--unlimited"])).toEqual({
      code: 0,
      lines: [`no global limit (before: global limit 5); ${running}`],
    });
  });

  it("refuses a limit together with none, and one below 1", async () => {
    expect(await run(["limit", "--concurrency.global=1", "--unlimited"])).toEqual({
      code: 2,
      lines: ["tts-monitor: --concurrency.global and --unlimited exclude each other"],
    });
    expect((await run(["limit", "--concurrency.global=0"])).code).toBe(2);
  });
});

describe.each(["audit", "prune", "limit"])("tts-monitor %s", (command) => {
  it("ends with 1 and one line where the database is away, or its schema is not ours", async () => {
    const away = await run([command], {}, "postgres://u:hunter2@127.0.0.1:1/d");
    expect(away).toEqual({
      code: 1,
      lines: [expect.stringMatching(/^tts-monitor: the database does not answer: .*ECONNREFUSED/)],
    });
    const empty = await createTestDatabase({ migrated: false });
    try {
      expect(await run([command], {}, empty.url)).toEqual({
        code: 1,
        lines: ["tts-monitor: the database has no schema tts_monitor: run `tts-monitor migrate`"],
      });
    } finally {
      await empty.drop();
    }
  });
});
