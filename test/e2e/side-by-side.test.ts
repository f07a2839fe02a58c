import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { migrate } from "../../src/db/migrate.ts";
import { readSchema, SCHEMA_VERSION } from "../../src/db/schema.ts";
import { eventually } from "../support/eventually.ts";
import { expectInvariants, total } from "../support/exposition.ts";
import { useNextRelease } from "../support/next-release.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { startCli, startNode, type TestProcess } from "../support/processes.ts";
import { useRoles } from "../support/roles.ts";
import { listening, type ServeProcess, startServe, startWorker, watchScrapes } from "../support/serve.ts";
import { withClient } from "../support/with-client.ts";
import { useWorkers } from "../support/workers.ts";

// This program is the old one, and the next release is the same with one migration more: of every kind that may come
// while programs of before run.
const NEXT = useNextRelease(
  `create table tts_monitor.voices (voice text primary key);
   create table tts_monitor.voice_uses (task_id bigint not null);
   alter table tts_monitor.tasks add column voice text references tts_monitor.voices (voice),
     add column attempt integer not null default 1;
   alter table tts_monitor.workers add column voices text[] not null default '{}';
   alter table tts_monitor.settings add column voice_limit integer;
   create index tasks_of_voice on tts_monitor.tasks (voice, id) where voice is not null;
   create function tts_monitor.record_voice() returns trigger language plpgsql security definer
   set search_path = pg_catalog as $$
   begin
     insert into tts_monitor.voice_uses values (new.id);
     return null;
   end
   $$;
   create trigger tasks_record_voice after insert on tts_monitor.tasks
     for each row execute function tts_monitor.record_voice();
   create or replace function tts_monitor.is_alive(is_deleted bigint) returns smallint language sql immutable as
     $$ select (case when is_deleted = 0 then 1 else 0 end)::smallint $$;`,
  SCHEMA_VERSION,
);
const BREAKING = useNextRelease("alter table tts_monitor.tasks rename column worker to slot;");

const words = (process: TestProcess) => process.output().trimEnd().split("\n");

describe("this release and the next one, which has migrated", () => {
  const database = useTestDatabase();
  const role = useRoles(database, ["writer"]);
  const openWorker = useWorkers(() => role("writer").url);
  const options = (worker: string) => ({
    databaseUrl: role("writer").url,
    worker,
    concurrency: 4,
    heartbeatInterval: 300,
    heartbeatTimeout: 3000,
  });
  const sql = async (text: string) => (await database().pool.query(text)).rows;
  const finished = (lines: Awaited<ReturnType<ServeProcess["scrape"]>>) =>
    total(lines, "tts_db_tasks_finished_total");
  let old: ServeProcess;
  let oldWorker: TestProcess;
  const release = join(NEXT.folder, "release");

  beforeAll(async () => {
    await migrate(database().directUrl, { writer: role("writer").name });
    old = await startServe(role("writer").url, "--sweep.interval=250ms", "--no-collector.texts");
    oldWorker = await startWorker(options("old"), { tasks: 100, firstText: 1, handler: "held", release });
    await eventually("the old worker has begun", async () => {
      return (await sql("select from tts_monitor.tasks where status = 'processing'")).length === 4;
    });
  });

  it("the next one's migration gives up where it is told to, and leaves nothing of itself", async () => {
    await withClient(database().pool, async (other) => {
      await other.query("begin; lock table tts_monitor.tasks in access share mode");
      const migration = startNode([NEXT.cli, "migrate", `--database.url=${database().directUrl}`], {
        env: { PGOPTIONS: "-c lock_timeout=200ms" },
      });
      expect((await migration.exited).code).toBe(1);
      expect(words(migration)).toEqual([expect.stringMatching(/^tts-monitor: .*lock timeout$/)]);
      await other.query("commit");
    });
    expect(await readSchema(database().pool)).toMatchObject({ version: SCHEMA_VERSION });
  });

  it("the old worker ends the tasks that ran meanwhile and starts others, and the old exporter tells of all of it", async () => {
    const done = new AbortController();
    const watching = watchScrapes(old, done.signal, () => {});
    const migration = startNode([NEXT.cli, "migrate", `--database.url=${database().directUrl}`]);
    expect(await migration.exited).toEqual({ code: 0, signal: null });
    expect(words(migration).at(-1)).toBe(`schema version ${NEXT.version}, 1 migration applied`);
    writeFileSync(release, "");
    await oldWorker.line(/^done$/, 60_000);
    await eventually("the old exporter has counted them", async () => finished(await old.scrape()) === 100);
    done.abort();
    await watching;

    const lines = await old.scrape();
    expect(total(lines, "tts_db_up")).toBe(1);
    expect(total(lines, "tts_db_tasks_finished_total", { outcome: "completed" })).toBe(80);
    expect(total(lines, "tts_monitor_build_info", { schema_version: String(NEXT.version) })).toBe(1);
    expect(total(lines, "tts_monitor_collector_success")).toBe(
      lines.filter(({ name }) => name === "tts_monitor_collector_success").length,
    );
    await old.process.answers(`${old.url}/-/ready`);
    expect(await oldWorker.end()).toEqual({ code: 0, signal: null });
  });

  it("the old exporter sweeps, and its audit finds no drift", async () => {
    await sql(
      `insert into tts_monitor.tasks (text_id, status, worker, started_at, deadline_at)
       values (1000, 'processing', 'stranger', clock_timestamp(), clock_timestamp() + interval '100 milliseconds')`,
    );
    await eventually("the overdue task is swept", async () => {
      const reason = { reason: "deadline_exceeded" };
      return total(await old.scrape(), "tts_monitor_sweeper_tasks_total", reason) === 1;
    });
    const audit = startCli(["audit", `--database.url=${role("writer").url}`]);
    expect((await audit.exited).code).toBe(0);
    expect(words(audit)[0]).toBe("tasks: drift 0");
  });

  it("an old program that starts only now finds the schema as it wants it, and has nothing to migrate", async () => {
    const migration = startCli(["migrate", `--database.url=${database().directUrl}`]);
    expect((await migration.exited).code).toBe(0);
    expect(words(migration)).toEqual([`schema version ${NEXT.version}, 0 migrations applied`]);
    const late = await startServe(database().directUrl, "--database.migrate");
    await late.process.answers(`${late.url}/-/ready`);
    await late.process.end();
    const monitor = await openWorker("late");
    const run = monitor.run({ textId: 2000, content: "late" }, async () => ({
      audioUrl: "/a",
      filename: "a",
      fileSize: 5000,
    }));
    expect(await run).toMatchObject({ status: "completed" });
  });

  it("work side by side on one schema, under one limit, and tell the same totals", async () => {
    const next = await listening(
      startNode([NEXT.cli, "serve", "--web.listen-address=127.0.0.1:0", "--no-collector.texts"], {
        env: { DATABASE_URL: role("writer").url, TTS_MONITOR_CONCURRENCY_GLOBAL: "3" },
      }),
    );
    await eventually(
      "the limit is set",
      async () => (await sql("select from tts_monitor.settings where concurrency_global = 3")).length,
    );
    const before = finished(await old.scrape()) ?? Number.NaN;
    const done = new AbortController();
    const watching = watchScrapes(next, done.signal, (lines) => {
      expect(total(lines, "tts_db_concurrency_in_use")).toBeLessThanOrEqual(3);
    });
    const plan = (firstText: number) => ({ tasks: 50, firstText, handler: "mixed" as const });
    const workers = await Promise.all([
      startWorker(options("old"), plan(3001)),
      startWorker(options("next"), plan(4001), [], NEXT.folder),
    ]);
    for (const worker of workers) await worker.line(/^done$/, 60_000);
    done.abort();
    await watching;
    const [mine, its] = await eventually("both exporters have counted them", async () => {
      const both = [await old.scrape(), await next.scrape()];
      return both.every((lines) => finished(lines) === before + 100) && both;
    });
    for (const lines of [mine ?? [], its ?? []]) {
      expectInvariants(lines);
      expect(total(lines, "tts_db_concurrency_limit", { scope: "global" })).toBe(3);
    }
    expect(
      await sql(
        "select worker, count(*)::int as n from tts_monitor.tasks where text_id > 3000 group by 1 order by 1",
      ),
    ).toEqual([
      { worker: "next", n: 50 },
      { worker: "old", n: 50 },
    ]);
    for (const process of [...workers, next.process, old.process]) await process.end();
    const audit = startNode([NEXT.cli, "audit", `--database.url=${role("writer").url}`]);
    expect((await audit.exited).code).toBe(0);
    expect(words(audit)[0]).toBe("tasks: drift 0");
  });
});

describe("a migration that does not say that this release works with it", () => {
  const database = useTestDatabase();
  const openWorker = useWorkers(() => database().url);
  const LINE = `the schema is version ${BREAKING.version}, newer than this program knows (${SCHEMA_VERSION}): upgrade it`;

  it("is refused by exporter, worker and migrate in one line", async () => {
    const exporter = await startServe(database().url, "--no-collector.texts");
    await exporter.process.answers(`${exporter.url}/-/ready`);
    const migration = startNode([BREAKING.cli, "migrate", `--database.url=${database().directUrl}`]);
    expect((await migration.exited).code).toBe(0);

    expect(await exporter.process.answers(`${exporter.url}/-/ready`, 503)).toContain(LINE);
    const lines = await exporter.scrape();
    expectInvariants(lines);
    expect(total(lines, "tts_db_up")).toBe(0);
    await exporter.process.end();
    await expect(openWorker("old")).rejects.toThrow(LINE);
    const late = startCli(["migrate", `--database.url=${database().directUrl}`]);
    expect((await late.exited).code).toBe(1);
    expect(words(late)).toEqual([`tts-monitor: ${LINE} first`]);
  });
});
