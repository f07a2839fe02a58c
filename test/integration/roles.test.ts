import { beforeAll, describe, expect, it } from "vitest";
import { migrate } from "../../src/db/migrate.ts";
import { noteAnswer } from "../../src/db/sweep-store.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { countTexts, readBooks, readTextBooks } from "../support/recount.ts";
import { useRoles } from "../support/roles.ts";

import { createAppTables, seedTasks } from "../support/seed.ts";
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

it("the reader's grants hold nothing but select, and nobody has any without being named", async () => {
  const { rows } = await database().pool.query(
    `select table_name, privilege_type from information_schema.table_privileges
     where grantee in ($1, 'PUBLIC') and privilege_type <> 'SELECT' and table_schema in ('tts_monitor', 'public')
     union all
     select object_name, privilege_type from information_schema.usage_privileges
     where grantee in ($1, 'PUBLIC') and object_type = 'SEQUENCE' and object_schema = 'tts_monitor'`,
    [role("reader").name],
  );
  expect(rows).toEqual([]);
});

it("the writer cannot get round the guards, nor claim another schema version", async () => {
  const { pool } = role("writer");
  for (const statement of [
    "truncate tts_monitor.task_deltas",
    "alter table tts_monitor.tasks disable trigger all",
    "set session_replication_role = replica",
    "insert into tts_monitor.migrations (name, run_on) values ('9999_mine', now())",
    "create table tts_monitor.mine ()",
  ]) {
    await expect(pool.query(statement), statement).rejects.toMatchObject({
      message: expect.stringMatching(/permission denied|must be owner/),
    });
  }
});

it("each kind of statement of the application is counted, with rights on its own tables only", async () => {
  for (const statement of [
    "insert into tts_texts values (50, 'text', 0), (51, 'text', 0)",
    "insert into tts_audios (text_id, file_size, is_deleted) values (50, 5000, 0), (51, 4999, 0)",
    "update tts_audios set file_size = 5000 where text_id = 51",
    "update tts_texts set is_deleted = 1 where id = 50",
    "delete from tts_texts where id = 51",
    "truncate tts_audios",
  ]) {
    await role("app").pool.query(statement);
    expect(await readTextBooks(database().pool), statement).toEqual(await countTexts(database().pool));
  }
});

describe("the functions that write the books with their owner's rights", () => {
  it.each(["reader", "writer", "app"])("cannot be put on a table of its own by the %s", async (kind) => {
    const { pool } = database();
    const { rows } = await pool.query<{ name: string }>(
      `select oid::regproc::text as name from pg_proc
       where prosecdef and prorettype = 'trigger'::regtype and pronamespace = 'tts_monitor'::regnamespace`,
    );
    expect(rows.length).toBeGreaterThan(5);
    const before = await readBooks(pool);
    await withClient(role(kind).pool, async (client) => {
      await client.query("create temp table mine (id bigint, is_deleted integer)");
      for (const { name } of rows) {
        const attach = `create trigger forge after insert on mine execute function ${name}()`;
        const refusal = await client.query(attach).catch((error: unknown) => error);
        expect(refusal, name).toMatchObject(DENIED);
      }
      await client.query("insert into mine values (1, 0); drop table mine");
    });
    expect(await readBooks(pool)).toEqual(before);
  });
});

it("an exporter vouches for the database only by rights that let a worker beat", async () => {
  await expect(noteAnswer(role("reader").pool)).rejects.toMatchObject(DENIED);
  await noteAnswer(role("writer").pool);
});
