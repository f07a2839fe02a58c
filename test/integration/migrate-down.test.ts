import { describe, expect, it } from "vitest";
import { migrate } from "../../src/db/migrate.ts";
import { readCatalog, readRows } from "../support/catalog.ts";
import { createOldService, OLD_TABLES, OLD_TEXTS } from "../support/old-service.ts";
import { createTestDatabase, type TestDatabase, useTestDatabase } from "../support/postgres.ts";
import { startCli } from "../support/processes.ts";
import { readTextBooks } from "../support/recount.ts";
import { useRoles } from "../support/roles.ts";
import { takeSlot } from "../support/tasks.ts";
import { withClient } from "../support/with-client.ts";

const REMOVED = /^removed the schema tts_monitor: [1-9]\d* tables, [1-9]\d* views, [1-9]\d* functions$/;

/** Runs `migrate down` to its end. */
async function down(url: string, flags: string[] = [], env: Record<string, string> = {}) {
  const command = startCli(["migrate", "down", `--database.url=${url}`, ...flags], { env });
  const { code } = await command.exited;
  return { code, lines: command.output().trimEnd().split("\n") };
}

describe("migrate down", () => {
  const database = useTestDatabase({ migrated: false });

  it("leaves the database as it was before the first migrate, and prints a line for each thing it removed", async () => {
    const { pool, directUrl: url } = database();
    await createOldService(pool);
    const before = { catalog: await readCatalog(pool), rows: await readRows(pool, OLD_TABLES) };
    await migrate(url, { trackAppTables: true });
    expect(await readTextBooks(pool)).toEqual({
      texts: String(OLD_TEXTS.texts),
      completed: String(OLD_TEXTS.completed),
    });
    await pool.query(
      "insert into tts_monitor.tasks (text_id, status) values (1, 'completed'), (2, 'failed')",
    );
    expect(await readCatalog(pool)).not.toEqual(before.catalog);

    const { code, lines } = await down(url);
    expect(code).toBe(0);
    expect(lines.pop()).toMatch(REMOVED);
    expect(lines).toEqual(
      ["tts_audios", "tts_texts"].flatMap((table) =>
        ["delete", "insert", "truncate", "update"].map(
          (event) => `removed the trigger tts_monitor_${event} on ${table}`,
        ),
      ),
    );
    expect(await readCatalog(pool)).toEqual(before.catalog);
    expect(await readRows(pool, OLD_TABLES)).toEqual(before.rows);
    await pool.query("update tts_texts set is_deleted = 1 where id = 1; delete from tts_audios");
  });

  it("says so where there is nothing to remove, and ends with 0", async () => {
    expect(await down(database().directUrl)).toEqual({
      code: 0,
      lines: ["nothing to remove: there is no schema tts_monitor"],
    });
  });

  it("removes what a first migration that failed has left", async () => {
    const { pool, directUrl: url } = database();
    await pool.query(`create schema tts_monitor;
      create table tts_monitor.migrations (id serial primary key, name text not null, run_on timestamp not null)`);
    expect(await down(url)).toEqual({
      code: 0,
      lines: ["removed the schema tts_monitor: 1 table, 0 views, 0 functions"],
    });
  });

  it("takes the triggers off a partitioned table and its partitions", async () => {
    const { pool, directUrl: url, drop } = await createTestDatabase({ migrated: false });
    await pool.query(`
      create table tts_texts (id bigint, is_deleted integer) partition by range (id);
      create table texts_1 partition of tts_texts for values from (0) to (1000);
      create table "Texts 2" partition of tts_texts for values from (1000) to (2000);
      create table tts_audios (id bigint, text_id bigint, file_size bigint, is_deleted integer);
    `);
    const before = await readCatalog(pool);
    await migrate(url, { trackAppTables: true });
    const { code, lines } = await down(url);
    expect(code).toBe(0);
    expect(lines).toHaveLength(9);
    expect(await readCatalog(pool)).toEqual(before);
    await drop();
  });
});

describe("migrate down refuses, and changes nothing,", () => {
  const database = useTestDatabase();
  const role = useRoles(database, ["reader"]);

  async function refusal(flags: string[] = [], env: Record<string, string> = {}, url = database().directUrl) {
    const before = await readCatalog(database().pool);
    const { code, lines } = await down(url, flags, env);
    expect(await readCatalog(database().pool)).toEqual(before);
    expect({ code, lines: lines.length }).toEqual({ code: 1, lines: 1 });
    return lines[0];
  }

  const IN_USE = (workers: number, tasks: number) =>
    `tts-monitor: in use (workers that live: ${workers}, tasks pending or processing: ${tasks}): stop the workers first, or add --force`;

  it("while a worker lives or a task is alive, whatever a variable says", async () => {
    const { pool } = database();
    await takeSlot(pool);
    expect(await refusal()).toBe(IN_USE(1, 0));
    await pool.query("insert into tts_monitor.tasks (text_id) values (1), (2)");
    expect(await refusal([], { TTS_MONITOR_FORCE: "true" })).toBe(IN_USE(1, 2));
    await pool.query("delete from tts_monitor.workers");
    expect(await refusal()).toBe(IN_USE(0, 2));
  });

  it("while something of others was made of the schema, which it names, with --force too", async () => {
    const { pool } = database();
    await pool.query(`
      create schema reports;
      create view reports.failures as select text_id from tts_monitor.tasks where status = 'failed';
      create table reports.notes (task bigint constraint of_task references tts_monitor.tasks (id), alive smallint
        default tts_monitor.is_alive(0));
      create function reports.noted() returns trigger language plpgsql as 'begin return null; end';
      create trigger noted after insert on tts_monitor.tasks for each row execute function reports.noted();
    `);
    expect(await refusal(["--force"])).toBe(
      "tts-monitor: made of the schema tts_monitor, and not ours to remove: constraint of_task on table reports.notes, " +
        "default value for column alive of table reports.notes, view reports.failures; drop what you do not need",
    );
    await pool.query("drop view reports.failures; drop table reports.notes");
  });

  it("to who does not own it", async () => {
    const { name, url } = role("reader");
    await migrate(database().directUrl, { reader: name });
    expect(await refusal(["--force"], {}, url)).toMatch(
      /^tts-monitor: the database refused it: must be owner of schema tts_monitor$/,
    );
  });

  it("while others keep a table locked", async () => {
    const { pool } = database();
    await pool.query("create table tts_texts (id bigint, is_deleted integer)");
    await pool.query("create table tts_audios (text_id bigint, is_deleted integer, file_size bigint)");
    await migrate(database().directUrl, { trackAppTables: true });
    await withClient(pool, async (writer) => {
      await writer.query("begin; insert into tts_audios values (1, 0, 5000)");
      expect(await refusal(["--force"])).toBe(
        "tts-monitor: a table of tts_monitor, tts_texts or tts_audios is kept locked by others: try again when they are done",
      );
      await writer.query("commit");
    });
  });

  it("a schema that a newer program made, of which it does not know what belongs to it", async () => {
    const { pool } = database();
    await pool.query("insert into tts_monitor.migrations (name, run_on) values ('9000_future', now())");
    expect(await refusal(["--force"])).toMatch(
      /^tts-monitor: the schema is version 9000, newer than this program/,
    );
    await pool.query("delete from tts_monitor.migrations where name = '9000_future'");
  });

  it("a schema of this name that is a stranger's", async () => {
    const stranger = await createTestDatabase({ migrated: false });
    await stranger.pool.query("create schema tts_monitor; create table tts_monitor.precious (id bigint)");
    expect(await down(stranger.directUrl, ["--force"])).toEqual({
      code: 1,
      lines: ["tts-monitor: the schema tts_monitor is not this program's: it has no table of migrations"],
    });
    await stranger.pool.query("select from tts_monitor.precious");
    await stranger.drop();
  });

  it("until it is told to by --force", async () => {
    const { pool, directUrl: url } = database();
    await takeSlot(pool, "worker-9");
    expect(await refusal()).toBe(IN_USE(1, 2));
    const { code, lines } = await down(url, ["--force"]);
    expect(code).toBe(0);
    expect(lines.at(-1)).toMatch(REMOVED);
    expect((await readCatalog(pool)).filter((line) => /tts_monitor/.test(line))).toEqual([]);
  });
});

it("a worker that is lost is not in the way", async () => {
  const database: TestDatabase = await createTestDatabase();
  await takeSlot(database.pool, "worker-1", 1);
  // As if somebody had been heard all the time since, the command's own start included.
  await database.pool.query(`
    update tts_monitor.reachability set since = '-infinity', answered_at = clock_timestamp() + interval '1 hour'`);
  expect((await down(database.directUrl)).code).toBe(0);
  await database.drop();
});
