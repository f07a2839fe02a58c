import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config.ts";
import { migrate } from "../../src/db/migrate.ts";
import { driftCheck } from "../../src/doctor/drift.ts";
import { sessionsCheck } from "../../src/doctor/sessions.ts";
import { createAuthority, describeWithOpenssl } from "../support/certificates.ts";
import {
  complaintsOf,
  diagnose,
  findingOf,
  follow,
  healthyDatabase,
  parseDoctor,
} from "../support/doctor.ts";
import { useEmbeddedBench } from "../support/embedded.ts";
import { eventually } from "../support/eventually.ts";
import { FAKETIME } from "../support/faketime.ts";
import { openPool } from "../support/open-pool.ts";
import { type PgBouncer, startPgBouncer } from "../support/pgbouncer.ts";
import { startOwnPostgres, type TestDatabase } from "../support/postgres.ts";
import { startCli } from "../support/processes.ts";
import { describeWith } from "../support/programs.ts";
import { startStandby } from "../support/standby.ts";
import { makeFolder } from "../support/temporary-server.ts";

const NO_TEXTS = "--no-collector.texts";
let database: TestDatabase;
beforeAll(async () => {
  database = await healthyDatabase();
});
afterAll(() => database.drop());

/** What a check is handed, on a pool that the work may use. */
async function withSight<T>(
  work: (sight: { url: string; pool: pg.Pool; config: ReturnType<typeof doctorConfig> }) => Promise<T>,
): Promise<T> {
  const pool = openPool(database.directUrl, "doctor's test", 1);
  try {
    return await work({ url: database.directUrl, pool, config: doctorConfig() });
  } finally {
    await pool.end();
  }
}
const doctorConfig = () => loadConfig("doctor", [], {});

describe("a server of its own", () => {
  it("has no connections left, no autovacuum: both are told, the second is mended by its hint", async () => {
    const settings = { max_connections: "8", superuser_reserved_connections: "3", fsync: "off" };
    const server = await startOwnPostgres(settings);
    await migrate(server.url);
    const stranger = openPool(server.url, "stranger", 1);
    await stranger.query("alter system set autovacuum = off");
    await stranger.query("select pg_reload_conf()");
    const autovacuum = async () => findingOf(await diagnose(server.url, [NO_TEXTS]), "autovacuum");
    const off = await eventually("it is off", async () => {
      const finding = await autovacuum();
      return finding?.level === "warn" && finding;
    });
    expect(off.found).toMatch(/^off: /);
    // A closed connection is counted until its backend has noticed.
    const diagnosis = await eventually("nobody is connected but the stranger", async () => {
      const latest = await diagnose(server.url, [NO_TEXTS]);
      return findingOf(latest, "connections")?.found.startsWith("4 of 5 are free;") && latest;
    });
    expect(complaintsOf(diagnosis)).toEqual(["warn connections", "warn autovacuum", "warn jobs"]);
    expect(findingOf(diagnosis, "connections")?.hint).toMatch(/^raise max_connections/);
    await follow(off.hint, server.url, stranger);
    await eventually("it is on again", async () => (await autovacuum())?.level === "ok");
    await stranger.end();
    await eventually("its connection is free", async () => {
      return complaintsOf(await diagnose(server.url, [NO_TEXTS])).join() === "warn jobs";
    });
    await server.remove();
  });

  it("is frozen: that is told, and the command ends", async () => {
    const server = await startOwnPostgres({ fsync: "off" });
    process.kill(server.pid, "SIGSTOP");
    const doctor = startCli(["doctor", `--database.url=${server.url}`]);
    expect(await doctor.exited).toEqual({ code: 1, signal: null });
    expect(doctor.output()).toMatch(/^fail {2}database: 127.0.0.1:\d+ does not answer: /m);
    expect(doctor.output()).not.toContain(new URL(server.url).password);
    await server.remove();
  });

  it("is a standby: it is told to ask the primary", async () => {
    const primary = await startOwnPostgres({ fsync: "off" });
    await migrate(primary.url);
    const standby = await startStandby(primary);
    const diagnosis = await diagnose(standby.url, [NO_TEXTS]);
    expect(complaintsOf(diagnosis)).toEqual(["fail database", "warn not run"]);
    expect(findingOf(diagnosis, "database")).toMatchObject({
      found: expect.stringMatching(/: a standby, which takes no changes$/),
      hint: expect.stringMatching(/`select pg_promote\(\)`$/),
    });
    await standby.remove();
    await primary.remove();
  });
});

describe("without a database's URL", () => {
  const bench = useEmbeddedBench();
  const flags = () => [`--data-dir=${bench.folder()}`, NO_TEXTS];

  it("says that serve will make one, and makes none", async () => {
    const diagnosis = await diagnose(undefined, flags());
    expect(diagnosis.code).toBe(0);
    expect(complaintsOf(diagnosis)).toEqual(["warn database", "warn not run"]);
    expect(findingOf(diagnosis, "database")?.hint).toMatch(/^`tts-monitor serve` makes it/);
    expect(readdirSync(bench.folder())).toEqual([]);
  });

  it("looks at the embedded one while that runs, and starts it not when it has stopped", async () => {
    const server = await bench.start({ settings: { fsync: "off" } });
    await migrate(server.url);
    const running = await diagnose(undefined, flags());
    expect(complaintsOf(running)).toEqual(["warn jobs"]);
    expect(findingOf(running, "database")?.found).toContain(
      `at 127.0.0.1:${server.port}, database tts_monitor`,
    );
    await server.stop();
    const stopped = await diagnose(undefined, flags());
    expect(complaintsOf(stopped)).toEqual(["warn database", "warn not run"]);
    expect(findingOf(stopped, "database")?.found).toMatch(/ does not run$/);
    expect(existsSync(join(bench.dataDir(), "postmaster.pid"))).toBe(false);
  });
});

describeWith("pgbouncer", "behind pgbouncer in transaction mode", (program) => {
  let bouncer: PgBouncer;
  beforeAll(async () => {
    bouncer = await startPgBouncer(program, database.directUrl);
  });
  afterAll(() => bouncer.remove());

  it("notifications do not come through, unless it is listened past it; all else is as before", async () => {
    expect(complaintsOf(await diagnose(bouncer.url))).toEqual(["warn notifications", "warn jobs"]);
    const past = [`--database.listen-url=${database.directUrl}`];
    expect(complaintsOf(await diagnose(bouncer.url, past))).toEqual(["warn jobs"]);
  });
});

describeWith(
  "faketime",
  "on a machine whose clock is wrong",
  (library) => {
    it.each([
      ["-5m", "ahead of"],
      ["+5m", "behind"],
    ])("by %s, the database's is said to be %s it", async (step, which) => {
      const env = { LD_PRELOAD: library, FAKETIME: step, FAKETIME_DONT_FAKE_MONOTONIC: "1" };
      const doctor = startCli(["doctor", `--database.url=${database.directUrl}`], { env });
      await doctor.exited;
      const findings = parseDoctor(doctor.output().trimEnd().split("\n"));
      expect(findings.find(({ name }) => name === "clock")).toMatchObject({
        level: "warn",
        found: expect.stringMatching(RegExp(`^the database's is (299|300).\\d s ${which} this machine's$`)),
        hint: expect.stringMatching(/^set both by NTP/),
      });
    });
  },
  FAKETIME,
);

describeWithOpenssl("a certificate", () => {
  it("that expires within two weeks is told", async () => {
    const folder = makeFolder();
    const { certFile, keyFile } = createAuthority(folder).issue("server");
    const file = join(folder, "web.yml");
    writeFileSync(file, `tls_server_config: { cert_file: ${certFile}, key_file: ${keyFile} }`, {
      mode: 0o600,
    });
    const diagnosis = await diagnose(database.directUrl, [`--web.config.file=${file}`]);
    expect(findingOf(diagnosis, "web config")).toMatchObject({
      level: "warn",
      found: expect.stringMatching(/^the certificate expires in (1 day|\d+ days), on /),
      hint: expect.stringMatching(/^renew it/),
    });
    rmSync(folder, { recursive: true });
  });
});

it("names the session that is idle in a transaction, and its hint ends it", async () => {
  await withSight(async (sight) => {
    const look = () => sessionsCheck(0).look(sight);
    await eventually("no session is left", async () => (await look()).level === "ok");
    const sleeper = new pg.Client({ connectionString: database.directUrl, application_name: "forgetful" });
    const ended = new Promise((resolve) => sleeper.on("error", resolve));
    await sleeper.connect();
    const { rows } = await sleeper.query("begin; select pg_backend_pid() as pid").then((results) => {
      const [, second] = results as unknown as pg.QueryResult<{ pid: number }>[];
      return second ?? { rows: [] };
    });
    const finding = await look();
    expect(finding).toMatchObject({
      level: "warn",
      found: `idle in a transaction for more than 0s: pid ${rows[0]?.pid} (forgetful)`,
    });
    const [command] = ("hint" in finding ? finding.hint : "").split(", and");
    await follow(command ?? "", database.directUrl, database.pool);
    await ended;
    await sleeper.end().catch(() => {});
    await eventually("no session is left", async () => (await look()).level === "ok");
  });
});

it("leaves a recount that takes too long to `audit`", async () => {
  await withSight(async (sight) => {
    for (const ledger of ["tasks", "texts"] as const) {
      expect(await driftCheck(ledger, () => AbortSignal.abort()).look(sight)).toEqual({
        level: "warn",
        found: "too many rows to recount them in passing",
        hint: expect.stringContaining("`tts-monitor audit`"),
      });
      expect(await driftCheck(ledger).look(sight)).toMatchObject({ level: "ok" });
    }
  });
});
