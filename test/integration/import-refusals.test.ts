import { closeSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { migrate } from "../../src/db/migrate.ts";
import { SCHEMA_VERSION } from "../../src/db/schema.ts";
import { createTally, trailerLine } from "../../src/domain/backup.ts";
import { contentsOf, linesOf, runBackup, seedForBackup, withEmptyDatabase } from "../support/backup.ts";
import { atEndOfFile } from "../support/end-of-file.ts";
import { eventually } from "../support/eventually.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { startProgram } from "../support/processes.ts";
import { useRoles } from "../support/roles.ts";
import { shell } from "../support/shell.ts";
import { makeFolder } from "../support/temporary-server.ts";
import { withClient } from "../support/with-client.ts";

const source = useTestDatabase();
/** stays empty: whatever is imported into it is refused */
const target = useTestDatabase();
const role = useRoles(target, ["writer"]);
const folder = makeFolder();
const backup = join(folder, "backup.jsonl");
atEndOfFile(() => rmSync(folder, { recursive: true }));

const nothing = async () => contentsOf(target().pool);

beforeAll(async () => {
  await seedForBackup(source().pool);
  await migrate(target().directUrl, { writer: role("writer").name });
  expect((await runBackup("export", source().url, backup)).code).toBe(0);
});

describe("an import refuses", () => {
  const whole = () => linesOf(backup);
  const text = (lines: string[]) => `${lines.join("\n")}\n`;
  const rowOf = (part: string) => whole().findIndex((line) => line.includes(part));
  /** With one line altered, and the last line as if it had always been so. */
  function forged(index: number, alter: (line: string) => string): string {
    const lines = whole()
      .slice(0, -1)
      .map((line, at) => (at === index ? alter(line) : line));
    const tally = createTally();
    for (const line of lines) tally.add(line);
    const { rows } = JSON.parse(whole().at(-1) ?? "");
    return text([...lines, trailerLine(rows, tally.sha256())]);
  }
  const NO_EXPORT = "line 1: this is no export of tts-monitor";

  it.each<[string, () => string, () => string]>([
    ["an empty file", () => "", () => NO_EXPORT],
    ["another file", () => readFileSync("LICENSE", "utf8"), () => NO_EXPORT],
    ["a file without its first line", () => text(whole().slice(1)), () => NO_EXPORT],
    [
      "another format",
      () => forged(0, (line) => line.replace('"tts_monitor_export":1', '"tts_monitor_export":2')),
      () => "line 1: the export has format 2, this program knows 1",
    ],
    [
      "another schema version",
      () =>
        forged(0, (line) =>
          line.replace(/"schema_version":\d+,"program":"[^"]*"/, '"schema_version":9,"program":"0.0.9"'),
        ),
      () =>
        `line 1: the export is of schema version 9, the database's is ${SCHEMA_VERSION}: ` +
        "import it with tts-monitor 0.0.9, which made it, and migrate then",
    ],
    [
      "a file that breaks off within a line",
      () => text(whole().slice(0, 9)).slice(0, -20),
      () => "line 9: this is no line of an export, or breaks off",
    ],
    [
      "a file that breaks off between two lines",
      () => text(whole().slice(0, 9)),
      () => "line 9: the export breaks off after it: its last line is missing",
    ],
    [
      "a file that lacks a line",
      () => text(whole().filter((_, at) => at !== rowOf('"text_id":10,'))),
      () => `line ${whole().length - 1}: the export has 21 rows of tasks, and ought to have 22`,
    ],
    [
      "an altered row",
      () => text(whole().map((line) => line.replace('"reason":"provider_timeout"', '"reason":"internal"'))),
      () => `line ${whole().length}: a line before it was altered: its digest is another one`,
    ],
    [
      "two exports in one file",
      () => text([...whole(), ...whole()]),
      () => `line ${whole().length + 1}: the export ends before it`,
    ],
    [
      "a row that breaks a constraint",
      () =>
        forged(rowOf('"reason":"provider_timeout"'), (line) =>
          line.replace(/"finished_at":"[^"]*"/, '"finished_at":null'),
        ),
      () =>
        `line ${rowOf('"reason":"provider_timeout"') + 1}: the database refuses the row: ` +
        'new row for relation "tasks" violates check constraint "tasks_finished_when_ended"',
    ],
    [
      "a row that is no JSON",
      () => forged(rowOf('"reason":"provider_timeout"'), (line) => line.replace('"status":', '"status";')),
      () =>
        `line ${rowOf('"reason":"provider_timeout"') + 1}: the database refuses the row: invalid input syntax for type json`,
    ],
    [
      "a follower without its task",
      () => forged(rowOf('"followers"'), (line) => line.replace(/"task_id":\d+/, '"task_id":424242')),
      () =>
        `line ${rowOf('"followers"') + 1}: the database refuses the row: insert or update on table ` +
        '"followers" violates foreign key constraint "followers_task_id_fkey"',
    ],
  ])("%s, whole and in one line", async (_, broken, message) => {
    const empty = await nothing();
    const file = join(folder, "broken.jsonl");
    writeFileSync(file, broken());
    expect(await runBackup("import", target().url, file)).toEqual({
      code: 1,
      lines: [`tts-monitor: ${message()}`],
    });
    expect(await nothing()).toEqual(empty);
    expect((await target().pool.query("select from pg_trigger where tgenabled <> 'O'")).rowCount).toBe(0);
  });

  it.each([
    ["tasks", "insert into tts_monitor.tasks (text_id) values (1)", "tasks, tts_monitor.task_deltas"],
    ["a worker", "insert into tts_monitor.workers (worker) values ('w')", "workers"],
    ["a ledger", "insert into tts_monitor.task_totals values ('late', '', 0, 1, 0)", "task_totals"],
  ])("a database with %s", async (_, statement, names) => {
    await withEmptyDatabase(async ({ url, pool }) => {
      await pool.query(statement);
      const before = await contentsOf(pool);
      expect(await runBackup("import", url, backup)).toEqual({
        code: 1,
        lines: [`tts-monitor: the database is not empty (tts_monitor.${names}): import into a new one`],
      });
      expect(await contentsOf(pool)).toEqual(before);
    });
  });

  it("a role that does not own the tables", async () => {
    expect(await runBackup("import", role("writer").url, backup)).toEqual({
      code: 1,
      lines: ["tts-monitor: the database refused it: must be owner of table tasks"],
    });
  });

  it.each([
    ["tasks", "insert into tts_monitor.tasks (text_id) values (1)"],
    ["workers", "insert into tts_monitor.workers (worker) values ('w')"],
    ["the ledger", "insert into tts_monitor.task_deltas (event) values ('late')"],
  ])("to wait for whoever writes to %s", async (_, statement) => {
    await withClient(target().pool, async (other) => {
      await other.query(`begin; ${statement}`);
      expect(await runBackup("import", target().url, backup)).toEqual({
        code: 1,
        lines: ["tts-monitor: another session holds a lock that this needs: try again when it is done"],
      });
      await other.query("rollback");
    });
  });

  it("a file that is not there", async () => {
    const { code, lines } = await runBackup("import", target().url, join(folder, "nobody.jsonl"));
    expect({ code, lines: lines.length }).toEqual({ code: 1, lines: 1 });
    expect(lines[0]).toMatch(/^tts-monitor: the export cannot be read: ENOENT/);
  });

  it("half of it: stopped in the middle, it leaves nothing behind", async () => {
    const fifo = join(folder, "fifo");
    await shell('mkfifo "$FIFO"', { FIFO: fifo });
    const empty = await nothing();
    const pipe = openSync(fifo, "r+");
    try {
      const process = startProgram("/bin/bash", ["-c", `exec "$NODE" dist/cli.js import < "$FIFO"`], {
        env: { NODE: globalThis.process.execPath, FIFO: fifo, DATABASE_URL: target().url },
      });
      writeSync(pipe, text(whole().slice(0, -3)));
      await eventually("the import has locked the tables", async () => (await locks()) > 0);
      process.signal("SIGINT");
      expect(await process.exited).toEqual({ code: 1, signal: null });
      expect(process.output()).toBe("tts-monitor: stopped: nothing was imported\n");
    } finally {
      closeSync(pipe);
    }
    await eventually("the locks are gone", async () => (await locks()) === 0);
    expect(await nothing()).toEqual(empty);
  });

  async function locks(): Promise<number> {
    const { rowCount } = await target().pool.query(
      `select from pg_locks where relation = 'tts_monitor.tasks'::regclass and mode = 'ShareRowExclusiveLock'
       and granted and database = (select oid from pg_database where datname = current_database())`,
    );
    return rowCount ?? 0;
  }
});
