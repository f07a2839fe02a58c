import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { migrate } from "../../src/db/migrate.ts";
import { SCHEMA_VERSION } from "../../src/db/schema.ts";
import { linesOf, rowsOf, runBackup, seedForBackup, withEmptyDatabase } from "../support/backup.ts";
import { atEndOfFile } from "../support/end-of-file.ts";
import { eventually } from "../support/eventually.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { startCli } from "../support/processes.ts";
import { useRoles } from "../support/roles.ts";
import { makeFolder } from "../support/temporary-server.ts";

const source = useTestDatabase();
const role = useRoles(source, ["writer", "reader"]);
const folder = makeFolder();
const backup = join(folder, "backup.jsonl");
atEndOfFile(() => rmSync(folder, { recursive: true }));

beforeAll(async () => {
  await seedForBackup(source().pool);
  await migrate(source().directUrl, { writer: role("writer").name, reader: role("reader").name });
  expect((await runBackup("export", source().url, backup)).code).toBe(0);
});

describe("an export", () => {
  it("needs no owner, but a role that may read the sequences", async () => {
    const file = join(folder, "writer.jsonl");
    // Those of the application are none of its business.
    await source().pool.query("create sequence ids_of_the_application");
    expect((await runBackup("export", role("writer").url, file)).code).toBe(0);
    expect(rowsOf(file)).toEqual(rowsOf(backup));
    expect(await runBackup("export", role("reader").url, file)).toEqual({
      code: 1,
      lines: ["tts-monitor: this role may not read the sequences: export as the schema's owner or a writer"],
    });
  });

  it("has every table and sequence of the schema, but for those left out on purpose", async () => {
    const LEFT_OUT = [
      "migrations",
      "migrations_id_seq",
      "reachability",
      "text_deltas",
      "text_states",
      "text_totals",
      "watches",
    ];
    const { rows } = await source().pool.query<{ name: string }>(
      `select relname as name from pg_class
       where relnamespace = 'tts_monitor'::regnamespace and relkind in ('r', 'S')`,
    );
    const found = new Set(linesOf(backup).flatMap((line) => /^\{"table":"(\w+)"/.exec(line)?.[1] ?? []));
    const sequences = rowsOf(backup).flatMap(
      (line) => /"sequences","row":\{"name":"(\w+)"/.exec(line)?.[1] ?? [],
    );
    const exported = [...found].filter((name) => name !== "sequences");
    expect([...exported, "task_deltas", ...sequences, ...LEFT_OUT].sort()).toEqual(
      rows.map(({ name }) => name).sort(),
    );
  });

  it("of a newer schema is refused also where this program works with it, as is its import", async () => {
    await withEmptyDatabase(async ({ url, pool }) => {
      await pool.query(
        "insert into tts_monitor.migrations (name, run_on) values ('9999_x.from_0001', now())",
      );
      for (const command of ["export", "import"] as const) {
        expect(
          await runBackup(command, url, command === "export" ? join(folder, "newer.jsonl") : backup),
        ).toEqual({
          code: 1,
          lines: [
            `tts-monitor: the schema is version 9999, and this program exports and imports ${SCHEMA_VERSION} only`,
          ],
        });
      }
    });
  });

  it("that fails leaves the file of the last one, and no half one", async () => {
    const own = join(folder, "failing");
    mkdirSync(own);
    const file = join(own, "kept.jsonl");
    writeFileSync(file, "the last one");
    const { code } = await runBackup("export", "postgres://u:p@127.0.0.1:1/d", file);
    expect({ code, files: readdirSync(own), kept: readFileSync(file, "utf8") }).toEqual({
      code: 1,
      files: ["kept.jsonl"],
      kept: "the last one",
    });
  });

  it("does not mix with another one into the same file, and replaces nothing that is no file", async () => {
    const file = join(folder, "shared.jsonl");
    writeFileSync(`${file}.partial`, "another one's");
    const { code, lines } = await runBackup("export", source().url, file);
    expect(code).toBe(1);
    expect(lines).toEqual([
      expect.stringMatching(/^tts-monitor: .*shared\.jsonl\.partial is there: another export/),
    ]);
    expect(readFileSync(`${file}.partial`, "utf8")).toBe("another one's");
    expect((await runBackup("export", source().url, "/dev/null")).lines).toEqual([
      "tts-monitor: --file is no regular file: write to standard output, and send that there",
    ]);
  });

  it("that is stopped leaves no file", async () => {
    const own = join(folder, "stopped");
    mkdirSync(own);
    const { other, exporting } = await exportThatWaits(join(own, "file.jsonl"));
    expect(readdirSync(own)).toEqual(["file.jsonl.partial"]);
    exporting.signal("SIGINT");
    await other.query("rollback");
    other.release();
    expect(await exporting.exited).toEqual({ code: 1, signal: null });
    expect(exporting.output()).toBe("tts-monitor: stopped before the export's end\n");
    expect(readdirSync(own)).toEqual([]);
  });

  it("sees nothing of what is committed after its first row", async () => {
    const file = join(folder, "snapshot.jsonl");
    const { other, exporting } = await exportThatWaits(file);
    await other.query(
      `with task as (insert into tts_monitor.tasks (text_id) values (99) returning id)
       insert into tts_monitor.followers (text_id, task_id) select 98, id from task`,
    );
    await other.query("commit");
    other.release();
    expect((await exporting.exited).code).toBe(0);
    expect(rowsOf(file)).toEqual(rowsOf(backup));
  });

  /** An export that has read the tasks, and waits for the followers, which the other session has locked. */
  async function exportThatWaits(file: string) {
    const other = await source().pool.connect();
    await other.query("begin; lock table tts_monitor.followers in access exclusive mode");
    const exporting = startCli(["export", `--database.url=${source().url}`, `--file=${file}`]);
    await eventually("the export waits for the table", async () => {
      const { rowCount } = await source().pool.query(
        "select from pg_locks where relation = 'tts_monitor.followers'::regclass and not granted",
      );
      return rowCount === 1;
    });
    return { other, exporting };
  }
});
