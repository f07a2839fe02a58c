import pg from "pg";
import { describe, expect, it } from "vitest";
import { migrate } from "../../src/db/migrate.ts";
import { readSchema, SCHEMA_VERSION } from "../../src/db/schema.ts";
import { createTestDatabase, useTestDatabase } from "../support/postgres.ts";
import { readTextBooks } from "../support/recount.ts";
import { createAppRows } from "../support/text-steps.ts";

const appliedNames = async (db: pg.Pool): Promise<string[]> =>
  (await db.query<{ name: string }>("select name from tts_monitor.migrations order by name")).rows.map(
    ({ name }) => name,
  );

/** Everything in our schema, as one text. */
async function fingerprint(db: pg.Pool): Promise<string> {
  const { rows } = await db.query<{ all: string }>(
    `select string_agg(line, ' ' order by line) as all from (
       select oid || relname || relkind::text || xmin as line from pg_class
       where relnamespace = 'tts_monitor'::regnamespace
       union all
       select oid || proname || xmin::text from pg_proc where pronamespace = 'tts_monitor'::regnamespace
       union all
       select name || run_on from tts_monitor.migrations
     ) objects`,
  );
  return rows[0]?.all ?? "";
}

describe("migrate", () => {
  const database = useTestDatabase({ migrated: false });

  it("succeeds twenty times at once, and applies each migration once", async () => {
    const results = await Promise.all(Array.from({ length: 20 }, () => migrate(database().directUrl)));
    expect(results.map(({ version }) => version)).toEqual(Array(20).fill(SCHEMA_VERSION));
    const names = await appliedNames(database().pool);
    expect(results.flatMap(({ applied }) => applied).sort()).toEqual(names);
    expect(new Set(names).size).toBe(SCHEMA_VERSION);
    expect(await readSchema(database().pool)).toEqual({ version: SCHEMA_VERSION, state: "current" });
  });

  it("changes nothing when run again", async () => {
    const before = await fingerprint(database().pool);
    expect(await migrate(database().directUrl)).toEqual({ applied: [], version: SCHEMA_VERSION });
    expect(await fingerprint(database().pool)).toBe(before);
  });

  it("refuses a newer schema with one line, and leaves it untouched", async () => {
    const { pool, directUrl: url } = database();
    await pool.query("insert into tts_monitor.migrations (name, run_on) values ('9000_future', now())");
    const before = await fingerprint(pool);
    await expect(migrate(url, { trackAppTables: true, reader: "nobody" })).rejects.toThrow(
      /^the schema is version 9000, newer than this program knows \(\d+\): upgrade it first$/,
    );
    expect(await fingerprint(pool)).toBe(before);
  });
});

describe("a role with a search path of its own", () => {
  it("installs the schema, and tracks the application's tables of that path", async () => {
    const { directUrl: url, pool, drop } = await createTestDatabase({ migrated: false });
    const role = `installer_${new URL(url).pathname.slice(1)}`;
    const database = new URL(url).pathname.slice(1);
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(`
      create role ${role} login password 'secret';
      grant create on database ${database} to ${role};
      create schema app authorization ${role};
      create schema decoy;
      create table decoy.tts_texts (id integer);
      alter role ${role} set search_path = app, public;
      set role ${role};
      set search_path = app;
    `);
    await createAppRows(client, true);
    await client.end();

    const own = new URL(url);
    own.username = role;
    own.password = "secret";
    const { applied } = await migrate(own.href, { trackAppTables: true });
    expect(applied).toHaveLength(SCHEMA_VERSION);
    expect(await readTextBooks(pool)).toEqual({ texts: "3", completed: "1" });
    await pool.query("insert into app.tts_texts (id, is_deleted) values (50, 0)");
    expect(await readTextBooks(pool)).toEqual({ texts: "4", completed: "1" });
    const { rows } = await pool.query("select from pg_tables where schemaname in ('app', 'public')");
    expect(rows).toHaveLength(2);

    await pool.query(`drop owned by ${role} cascade; drop role ${role}`);
    await drop();
  });
});
