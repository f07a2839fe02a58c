import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCollectors } from "../../src/collectors/index.ts";
import { textsCollector } from "../../src/collectors/texts.ts";
import { migrate } from "../../src/db/migrate.ts";
import { withSnapshot } from "../../src/db/snapshot.ts";
import { openPool } from "../support/open-pool.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { countTexts, readTextBooks } from "../support/recount.ts";
import { callEveryStoreFunction, STORE_FUNCTIONS } from "../support/store-calls.ts";
import { createAppRows } from "../support/text-steps.ts";

const database = useTestDatabase();
const roles: string[] = [];
const pools: pg.Pool[] = [];

/** A role that may log in, and a pool of its connections. */
async function createRole(purpose: string): Promise<{ role: string; pool: pg.Pool }> {
  const url = new URL(database().directUrl);
  const role = `${purpose} of ${url.pathname.slice(1)}`;
  await database().pool.query(`create role "${role}" login password 'secret'`);
  roles.push(role);
  url.username = encodeURIComponent(role);
  url.password = "secret";
  const pool = openPool(url.href, purpose, 2);
  pools.push(pool);
  return { role, pool };
}

let reader: pg.Pool;
let writer: pg.Pool;

beforeAll(async () => {
  await createAppRows(database().pool, true);
  const [readers, writers] = [await createRole("reader"), await createRole("writer")];
  reader = readers.pool;
  writer = writers.pool;
  await migrate(database().directUrl, { reader: readers.role, writer: writers.role });
});

afterAll(async () => {
  for (const pool of pools) await pool.end();
  for (const role of roles) await database().pool.query(`drop owned by "${role}"; drop role "${role}"`);
});

async function tables(): Promise<string[]> {
  const { rows } = await database().pool.query<{ name: string }>(
    "select oid::regclass::text as name from pg_class where relnamespace = 'tts_monitor'::regnamespace and relkind = 'r'",
  );
  return rows.map(({ name }) => name);
}

describe("the reader", () => {
  it.each(["counted directly", "tracked"])("can read all that a scrape needs, texts %s", async (how) => {
    if (how === "tracked") await migrate(database().directUrl, { trackAppTables: true });
    const collectors = createCollectors({ pendingTimeout: 1000, texts: textsCollector(0) });
    const read = await withSnapshot(reader, performance.now() + 5000, async ({ client }) => {
      const families = [];
      for (const collector of collectors) families.push(...collector.measure(await collector.read(client)));
      return families;
    });
    const texts = read.find(({ family }) => family.name === "tts_db_texts");
    expect(texts?.samples).toEqual([{ labels: {}, value: 3 }]);
    expect(read.find(({ family }) => family.name === "tts_monitor_texts_tracked")?.samples).toEqual([
      { labels: {}, value: how === "tracked" ? 1 : 0 },
    ]);
  });

  it("cannot read what users wrote", async () => {
    await expect(reader.query("select content from tts_texts")).rejects.toThrow(/permission denied/);
    await expect(reader.query("select * from tts_texts")).rejects.toThrow(/permission denied/);
  });

  it("can change nothing", async () => {
    for (const name of [...(await tables()), "tts_texts", "tts_audios"]) {
      for (const change of [
        `delete from ${name}`,
        `insert into ${name} default values`,
        `truncate ${name}`,
      ]) {
        await expect(reader.query(change), change).rejects.toThrow(/permission denied/);
      }
    }
    await expect(reader.query("select nextval('tts_monitor.incarnations')")).rejects.toThrow(
      /permission denied/,
    );
    await expect(reader.query("update tts_texts set is_deleted = 1")).rejects.toThrow(/permission denied/);
    await expect(reader.query("create table tts_monitor.mine ()")).rejects.toThrow(/permission denied/);
  });
});

describe("the writer", () => {
  it("can call every function of the stores", async () => {
    expect(await callEveryStoreFunction(writer)).toEqual(STORE_FUNCTIONS);
  });

  it("cannot change which migrations ran, nor the application's tables", async () => {
    for (const change of [
      "delete from tts_monitor.migrations",
      "update tts_texts set is_deleted = 1",
      "truncate tts_monitor.tasks",
      "update tts_texts set content = ''",
    ]) {
      await expect(writer.query(change), change).rejects.toThrow(/permission denied/);
    }
  });
});

describe("the application", () => {
  it("writes its tables without any right on our schema, and is counted", async () => {
    const { role, pool } = await createRole("application");
    await database().pool.query(`grant all on tts_texts, tts_audios to "${role}"`);
    await migrate(database().directUrl, { trackAppTables: true });
    await pool.query(`
      insert into tts_texts (id, is_deleted) values (200, 0), (201, 0);
      insert into tts_audios (text_id, file_size, is_deleted) values (200, 5000, 0);
      update tts_texts set is_deleted = 1 where id = 201;
      update tts_audios set file_size = 6000 where text_id = 200;
      delete from tts_texts where id = 1;
    `);
    await expect(pool.query("select from tts_monitor.text_deltas")).rejects.toThrow(/permission denied/);
    expect(await readTextBooks(database().pool)).toEqual(await countTexts(database().pool));
    await pool.query("truncate tts_texts, tts_audios");
    expect(await readTextBooks(database().pool)).toEqual({ texts: "0", completed: "0" });
  });
});

it("a grant to a role that is not there says so in one line", async () => {
  await expect(migrate(database().directUrl, { reader: 'no "such" role' })).rejects.toThrow(
    /^there is no role no "such" role to grant to: create it first$/,
  );
});
