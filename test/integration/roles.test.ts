import request from "supertest";
import { beforeAll, describe, expect, it } from "vitest";
import { untrackAppTables } from "../../src/db/app-tables.ts";
import * as forgottenStore from "../../src/db/forgotten-store.ts";
import * as ledger from "../../src/db/ledger.ts";
import { migrate } from "../../src/db/migrate.ts";
import * as settingsStore from "../../src/db/settings-store.ts";
import * as sweepStore from "../../src/db/sweep-store.ts";
import * as taskReader from "../../src/db/task-reader.ts";
import * as taskStore from "../../src/db/task-store.ts";
import * as workerStore from "../../src/db/worker-store.ts";
import { createExporter } from "../../src/exporter.ts";
import { silentLogger } from "../../src/logger.ts";
import { SETTINGS } from "../support/exporter-settings.ts";
import { parseExposition, total } from "../support/exposition.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { countTexts, readTextBooks } from "../support/recount.ts";
import { useRoles } from "../support/roles.ts";
import { createAppTables, seedTasks, track } from "../support/seed.ts";
import { COMPLETED, HOUR, hashOf, takeSlot } from "../support/tasks.ts";
import { withClient } from "../support/with-client.ts";

const database = useTestDatabase();
const role = useRoles(database, ["reader", "writer", "app"]);
const DENIED = { code: "42501" };

beforeAll(async () => {
  const { pool, url } = database();
  await createAppTables(pool);
  await seedTasks(pool);
  await migrate(url, { trackAppTables: true, reader: role("reader").name, writer: role("writer").name });
  await pool.query(
    `grant select, insert, update, delete, truncate on tts_texts, tts_audios to ${role("app").name}`,
  );
});

/** Relations of our schema, views too. */
async function relations(): Promise<string[]> {
  const { rows } = await database().pool.query<{ name: string }>(
    `select oid::regclass::text as name from pg_class
     where relnamespace = 'tts_monitor'::regnamespace and relkind in ('r', 'v') order by 1`,
  );
  return rows.map(({ name }) => name);
}

describe("a reader", () => {
  async function scrape() {
    const exporter = createExporter(role("reader").url, SETTINGS, silentLogger);
    try {
      return parseExposition((await request(exporter.app).get("/metrics")).text);
    } finally {
      await exporter.close();
    }
  }

  it("is all that a scrape needs, whether the texts are tracked or counted", async () => {
    const { pool } = database();
    for (const tracked of [1, 0]) {
      if (!tracked) await withClient(pool, untrackAppTables);
      const lines = await scrape();
      expect(total(lines, "tts_db_up")).toBe(1);
      expect(total(lines, "tts_monitor_texts_tracked")).toBe(tracked);
      expect(total(lines, "tts_db_texts_completed")).toBe(4);
      const failed = lines.filter(
        ({ name, value }) => name === "tts_monitor_collector_success" && value !== 1,
      );
      expect(failed).toEqual([]);
    }
    await track(pool);
  });

  it("reads no content of a text", async () => {
    const { pool } = role("reader");
    await expect(pool.query("select content from tts_texts")).rejects.toMatchObject(DENIED);
    await expect(pool.query("select * from tts_texts")).rejects.toMatchObject(DENIED);
    await expect(pool.query("select t from tts_texts t")).rejects.toMatchObject(DENIED);
  });

  it("changes nothing", async () => {
    const { pool } = role("reader");
    for (const name of [...(await relations()), "tts_texts", "tts_audios"]) {
      for (const statement of [
        `insert into ${name} default values`,
        `delete from ${name}`,
        `truncate ${name}`,
      ]) {
        await expect(pool.query(statement), statement).rejects.toMatchObject({
          // A view cannot be truncated by anyone.
          code: expect.stringMatching(/^(42501|42809|55000)$/),
        });
      }
    }
    const { rows } = await database().pool.query<{ name: string }>(
      `select c.oid::regclass::text as name from pg_class c
       where relnamespace in ('tts_monitor'::regnamespace, 'public'::regnamespace) and relkind in ('r', 'v')
         and has_table_privilege($1, c.oid, 'insert, update, delete, truncate, trigger')
       union all
       select oid::regclass::text from pg_class
       where relnamespace = 'tts_monitor'::regnamespace and relkind = 'S'
         and has_sequence_privilege($1, oid, 'usage, update')`,
      [role("reader").name],
    );
    expect(rows).toEqual([]);
  });
});

type Names<T> = Extract<keyof T, string>;
type StoreFunction =
  | Names<typeof forgottenStore>
  | Names<typeof ledger>
  | Names<typeof settingsStore>
  | Names<typeof sweepStore>
  | Names<typeof taskReader>
  | Names<typeof taskStore>
  | Names<typeof workerStore>;

describe("a writer", () => {
  it("can do whatever the stores do", async () => {
    const { pool: db } = role("writer");
    const slot = await takeSlot(db);
    const task = (hash: number | null) => ({
      textId: 1n,
      contentHash: hash === null ? null : hashOf(hash),
      slot,
      dedupWindow: HOUR,
    });
    const pending = (await taskStore.insertPending(db, task(1))) ?? 0n;
    // Its type names every function of the stores: a new one must come here before this compiles.
    const calls: Record<StoreFunction, () => Promise<unknown>> = {
      writeSharedSettings: () =>
        settingsStore.writeSharedSettings(db, { concurrencyGlobal: 1000, sloLatency: 60_000 }),
      registerWorker: () => takeSlot(db, "worker-2"),
      beat: () => workerStore.beat(db, slot, 3),
      readScrapeTargets: () => workerStore.readScrapeTargets(db),
      insertPending: () => taskStore.insertPending(db, task(null)),
      findByContent: () => taskStore.findByContent(db, hashOf(1), HOUR),
      followLeader: () => taskStore.followLeader(db, 2n, hashOf(1), HOUR),
      follow: () => taskStore.follow(db, 3n, pending),
      start: () => taskStore.start(db, pending, slot, HOUR),
      readStarted: () => taskStore.readStarted(db, pending, slot),
      end: () => taskStore.end(db, pending, COMPLETED),
      readEndedAs: () => taskStore.readEndedAs(db, pending, COMPLETED),
      recordLate: () => taskStore.recordLate(db, pending),
      insertStarted: () => taskStore.insertStarted(db, task(2), HOUR),
      adoptPending: () => taskStore.adoptPending(db, hashOf(3), slot),
      startPendingOfContent: () => taskStore.startPendingOfContent(db, hashOf(3), slot, HOUR),
      claimOldest: () => taskStore.claimOldest(db, slot, HOUR),
      readTask: () => taskReader.readTask(db, pending),
      readTaskOfText: () => taskReader.readTaskOfText(db, 2n),
      sweepOverdue: () => sweepStore.sweepOverdue(db, HOUR, 10),
      disownForgotten: () => forgottenStore.disownForgotten(db, slot, []),
      endForgotten: () => forgottenStore.endForgotten(db, slot, []),
      foldTasks: () => ledger.foldTasks(db, 10),
      foldTexts: () => ledger.foldTexts(db, 10),
      vacuumDeltas: () => ledger.vacuumDeltas(db),
      beginDrain: () => workerStore.beginDrain(db, slot),
      removeWorker: () => workerStore.removeWorker(db, slot),
    };
    for (const [name, call] of Object.entries(calls)) await expect(call(), name).resolves.not.toThrow();
    await db.query("delete from tts_monitor.tasks where id = $1", [pending]);
  });

  it("cannot get round the guards, nor claim another schema version", async () => {
    const { pool } = role("writer");
    for (const statement of [
      "truncate tts_monitor.task_deltas",
      "alter table tts_monitor.tasks disable trigger all",
      "set session_replication_role = replica",
      "insert into tts_monitor.migrations (name, run_on) values ('9999_mine', now())",
      "delete from tts_monitor.migrations",
      "create table tts_monitor.mine ()",
    ]) {
      await expect(pool.query(statement), statement).rejects.toMatchObject(DENIED);
    }
  });
});

describe("an application's role with rights on its own tables only", () => {
  it("writes texts and audios, and the books follow", async () => {
    const { pool: app } = role("app");
    const { pool } = database();
    for (const statement of [
      "insert into tts_texts values (50, 'text', 0), (51, 'text', 0)",
      "insert into tts_audios (text_id, file_size, is_deleted) values (50, 5000, 0), (51, 4999, 0)",
      "update tts_audios set file_size = 5000 where text_id = 51",
      "update tts_texts set is_deleted = 1 where id = 50",
      "delete from tts_texts where id = 51",
      "truncate tts_audios",
    ]) {
      await app.query(statement);
      expect(await readTextBooks(pool), statement).toEqual(await countTexts(pool));
    }
  });

  it("reaches nothing of ours by itself", async () => {
    for (const name of await relations()) {
      await expect(role("app").pool.query(`select from ${name}`), name).rejects.toMatchObject(DENIED);
    }
  });
});

describe("the functions that write the books with their owner's rights", () => {
  it.each(["reader", "writer", "app"])("cannot be put on a table of its own by the %s", async (kind) => {
    const { rows } = await database().pool.query<{ name: string }>(
      "select oid::regproc::text as name from pg_proc where prosecdef and pronamespace = 'tts_monitor'::regnamespace",
    );
    expect(rows.length).toBeGreaterThan(5);
    await withClient(role(kind).pool, async (client) => {
      await client.query("create temp table mine (id bigint, is_deleted integer)");
      for (const { name } of rows) {
        const attach = `create trigger forge after insert on mine execute function ${name}()`;
        await expect(client.query(attach), name).rejects.toMatchObject(DENIED);
      }
      await client.query("drop table mine");
    });
  });
});
