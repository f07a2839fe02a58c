import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { migrate } from "../../src/db/migrate.ts";
import { bypassTriggers } from "../support/bypass.ts";
import {
  complaintsOf,
  diagnose,
  findingOf,
  follow,
  healthyDatabase,
  parseDoctor,
} from "../support/doctor.ts";
import { faultsIn } from "../support/doctor-faults.ts";
import { createTestDatabase, type TestDatabase } from "../support/postgres.ts";
import { startCli } from "../support/processes.ts";
import { startServe } from "../support/serve.ts";
import { makeFolder } from "../support/temporary-server.ts";
import { withClient } from "../support/with-client.ts";

/** Nothing else is wrong with the databases here: no exporter runs. */
const NO_EXPORTER = "warn jobs";
const folder = makeFolder();
afterAll(() => rmSync(folder, { recursive: true }));

async function withDatabase(
  make: () => Promise<TestDatabase>,
  work: (database: TestDatabase) => Promise<void>,
) {
  const database = await make();
  try {
    await work(database);
  } finally {
    await database.drop();
  }
}

it("every line of a healthy database with an exporter is ok, and it ends with 0", async () => {
  await withDatabase(healthyDatabase, async ({ directUrl }) => {
    const serve = await startServe(directUrl);
    await serve.process.answers(`${serve.url}/-/ready`);
    const doctor = startCli(["doctor", `--database.url=${directUrl}`]);
    const { code } = await doctor.exited;
    const findings = parseDoctor(doctor.output().trimEnd().split("\n"));
    expect({ code, not: findings.filter(({ level }) => level !== "ok") }).toEqual({ code: 0, not: [] });
    expect(findings.length).toBeGreaterThan(18);
    await serve.process.end();
  });
});

it("reads what serve reads: its flags and variables, and ends with 2 where they are wrong", async () => {
  await withDatabase(healthyDatabase, async ({ directUrl }) => {
    const env = { DATABASE_URL: directUrl, TTS_MONITOR_RETENTION_TASKS: "1h" };
    const doctor = startCli(["doctor"], { env });
    expect((await doctor.exited).code).toBe(0);
    expect(doctor.output()).toMatch(/^warn {2}settings: tasks are removed after 1h/);
    const refused = startCli(["doctor", "--heartbeat.timeout=1s"], { env });
    expect((await refused.exited).code).toBe(2);
    expect(refused.output()).toMatch(/^tts-monitor: --heartbeat.timeout \(1s\) must be longer than .*\n$/);
  });
});

describe.each(faultsIn(folder))(
  "of $is",
  ({ sql, bypassing, flags = [], line, hint, besides = [], mends }) => {
    const [level, name, found] = line;
    it(`it says so under "${name}"${mends ? ", and its hint mends it" : ""}`, async () => {
      await withDatabase(healthyDatabase, async ({ pool, directUrl }) => {
        if (sql) await pool.query(sql);
        if (bypassing) await bypassTriggers(pool, bypassing);
        const diagnosis = await diagnose(directUrl, flags);
        expect(findingOf(diagnosis, name)).toEqual({
          level,
          name,
          found: expect.stringMatching(found),
          hint: expect.stringMatching(hint),
        });
        const stopped = besides.includes("warn not run");
        const complaints = [
          ...(level === "ok" ? [] : [`${level} ${name}`]),
          ...besides,
          ...(stopped ? [] : [NO_EXPORTER]),
        ];
        expect(complaintsOf(diagnosis).sort()).toEqual(complaints.sort());
        expect(diagnosis.code).toBe(complaints.some((one) => one.startsWith("fail")) ? 1 : 0);
        if (!mends) return;
        await follow(findingOf(diagnosis, name)?.hint ?? "", directUrl, pool);
        expect(findingOf(await diagnose(directUrl, flags), name)).toMatchObject({ level: "ok" });
      });
    });
  },
);

it("looks for every trigger that the migrations make", async () => {
  await withDatabase(healthyDatabase, async ({ pool, directUrl }) => {
    const { rows } = await pool.query<{ name: string }>(
      `select tgname as name from pg_trigger where tgrelid::regclass::text ~ '^tts_monitor\\.' and not tgisinternal`,
    );
    await pool.query(`alter table tts_monitor.tasks disable trigger user;
      alter table tts_monitor.workers disable trigger user`);
    const named = findingOf(await diagnose(directUrl), "triggers")?.found.match(/\w+_\w+/g);
    expect(named?.sort()).toEqual(rows.map(({ name }) => name).sort());
  });
});

it("has a line for what waits to be folded, also where an exporter is connected", async () => {
  await withDatabase(healthyDatabase, async ({ pool, directUrl }) => {
    const exporter = new pg.Client({ connectionString: directUrl, application_name: "tts-monitor exporter" });
    await exporter.connect();
    expect(findingOf(await diagnose(directUrl), "jobs")).toMatchObject({ level: "ok" });
    await pool.query(
      "insert into tts_monitor.task_deltas (event) select 'late' from generate_series(1, 20000)",
    );
    expect(findingOf(await diagnose(directUrl), "jobs")).toMatchObject({
      level: "warn",
      found: "an exporter is connected; more than 20000 changes to be folded",
      hint: expect.stringContaining("docs/runbooks/TTSJobFailing.md"),
    });
    await exporter.end();
  });
});

it("a table that another session keeps locked costs its checks alone, and names the way out", async () => {
  await withDatabase(healthyDatabase, async ({ pool, directUrl }) => {
    await withClient(pool, async (other) => {
      await other.query("begin; lock table tts_monitor.settings in access exclusive mode");
      const diagnosis = await diagnose(directUrl);
      expect(complaintsOf(diagnosis)).toEqual([NO_EXPORTER, "warn global limit"]);
      expect(findingOf(diagnosis, "global limit")).toMatchObject({
        found: expect.stringMatching(/^could not be looked at: .*lock timeout/),
        hint: expect.stringMatching(/^run this again; `select pid/),
      });
      await other.query("rollback");
    });
  });
});

/** Another doctor's notifications, which prove nothing to this one. */
async function notifyUntil(over: AbortSignal, pool: pg.Pool): Promise<void> {
  while (!over.aborted) {
    await pool.query("notify tts_monitor_doctor, 'of another'");
    await sleep(20);
  }
}

it("hears of no notification where it listens at another database, or nowhere", async () => {
  await withDatabase(healthyDatabase, async ({ directUrl }) => {
    await withDatabase(
      () => createTestDatabase({ migrated: false }),
      async (another) => {
        const notifications = async (listenUrl: string) =>
          findingOf(await diagnose(directUrl, [`--database.listen-url=${listenUrl}`]), "notifications");
        const hint = expect.stringMatching(/^--database.listen-url: PostgreSQL's own address/);
        const found = expect.stringMatching(/^a pooler or another database keeps them/);
        const over = new AbortController();
        const chatter = notifyUntil(over.signal, another.pool);
        expect(await notifications(another.directUrl)).toMatchObject({ level: "warn", found, hint });
        over.abort();
        await chatter;
        expect(await notifications("postgres://127.0.0.1:1/d")).toMatchObject({
          level: "warn",
          found: expect.stringMatching(/^cannot listen: .*ECONNREFUSED/),
          hint,
        });
        expect(await notifications("none")).toMatchObject({ level: "ok" });
      },
    );
  });
});

describe("a database that cannot be asked", () => {
  const NOT_RUN = /^notifications, encryption, .*schema, rights, .*global limit$/;
  const ends = async (url: string, found: RegExp, hint: RegExp) => {
    const diagnosis = await diagnose(url);
    expect(diagnosis).toMatchObject({ code: 1, findings: { length: 5 } });
    expect(diagnosis.findings.slice(-2)).toEqual([
      {
        level: "fail",
        name: "database",
        found: expect.stringMatching(found),
        hint: expect.stringMatching(hint),
      },
      { level: "warn", name: "not run", found: expect.stringMatching(NOT_RUN), hint: expect.any(String) },
    ]);
    expect(JSON.stringify(diagnosis)).not.toContain("hunter2");
  };

  it("is away: the rest is one line", async () => {
    const url = "postgres://u:hunter2@127.0.0.1:1/d";
    await ends(url, /^127.0.0.1:1 does not answer: .*ECONNREFUSED/, /^`pg_isready -h 127.0.0.1 -p 1`/);
  });

  it("is not there, or does not take the password", async () => {
    await withDatabase(healthyDatabase, async ({ directUrl }) => {
      const url = new URL(directUrl);
      url.pathname = "/no_such_database";
      await ends(
        url.href,
        /database "no_such_database" does not exist/,
        /^`createdb -h 127.0.0.1 -p \d+ no_such_database`/,
      );
      url.password = "hunter2";
      await ends(url.href, /password authentication failed/, /^check user and password/);
    });
  });
});

it("a database that was just migrated has nothing that fails but for texts, which it has none of", async () => {
  await withDatabase(
    () => createTestDatabase({ migrated: false }),
    async ({ directUrl }) => {
      expect(complaintsOf(await diagnose(directUrl))).toEqual(["fail texts", "fail schema", "warn not run"]);
      await migrate(directUrl);
      expect(complaintsOf(await diagnose(directUrl, ["--no-collector.texts"]))).toEqual([NO_EXPORTER]);
    },
  );
});
