import { rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { readBackup } from "../../src/db/backup-reader.ts";
import { writeBackup } from "../../src/db/backup-writer.ts";
import { inTransaction, READ_COMMITTED, READ_ONLY_SNAPSHOT } from "../../src/db/transaction.ts";
import {
  contentsOf,
  exposedBy,
  rowsOf,
  runBackup,
  seedForBackup,
  withEmptyDatabase,
} from "../support/backup.ts";
import { atEndOfFile } from "../support/end-of-file.ts";
import { total } from "../support/exposition.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { startCli } from "../support/processes.ts";
import { startServe } from "../support/serve.ts";
import { shell } from "../support/shell.ts";
import { takeSlot } from "../support/tasks.ts";
import { makeFolder } from "../support/temporary-server.ts";

const source = useTestDatabase();
const folder = makeFolder();
const backup = join(folder, "backup.jsonl");
atEndOfFile(() => rmSync(folder, { recursive: true }));

beforeAll(async () => {
  await seedForBackup(source().pool);
  expect((await runBackup("export", source().url, backup)).code).toBe(0);
});

describe("an export and its import", () => {
  it("carry over every row, total and setting to the digit", async () => {
    await withEmptyDatabase(async ({ url, directUrl, pool }) => {
      expect(await runBackup("import", url, backup)).toEqual({
        code: 0,
        lines: ["imported 22 tasks and 2 workers"],
      });
      expect(await contentsOf(pool)).toEqual(await contentsOf(source().pool));
      const exposed = await exposedBy(directUrl);
      expect(exposed).toBe(await exposedBy(source().directUrl));
      expect(exposed).toContain("tts_db_tasks_deduplicated_total 1");
      const audit = startCli(["audit", `--database.url=${url}`]);
      expect((await audit.exited).code).toBe(0);
      expect(audit.output()).toMatch(/^tasks: drift 0$/m);
      const again = join(folder, "again.jsonl");
      expect((await runBackup("export", url, again)).code).toBe(0);
      expect(rowsOf(again)).toEqual(rowsOf(backup));
    });
  });

  it("go through a pipe", async () => {
    await withEmptyDatabase(async ({ url, pool }) => {
      const printed = await shell(
        '"$NODE" dist/cli.js export | "$NODE" dist/cli.js import --database.url "$TO"',
        {
          NODE: process.execPath,
          DATABASE_URL: source().url,
          TO: url,
        },
      );
      expect(printed).toBe("imported 22 tasks and 2 workers\n");
      expect(await contentsOf(pool)).toEqual(await contentsOf(source().pool));
    });
  });

  it("are of one snapshot, whatever is written meanwhile", async () => {
    await withEmptyDatabase(async (from) => {
      await seedForBackup(from.pool);
      const before = await contentsOf(from.pool);
      const pieces: string[] = [];
      await inTransaction(from.pool, READ_ONLY_SNAPSHOT, async (db) => {
        for await (const piece of writeBackup(db, "test")) {
          pieces.push(piece);
          await from.pool.query("insert into tts_monitor.tasks (text_id, status) values (99, 'completed')");
        }
      });
      expect(pieces.length).toBeGreaterThan(5);
      await withEmptyDatabase(async ({ pool }) => {
        await inTransaction(pool, READ_COMMITTED, (db) => readBackup(db, inChunks(pieces.join(""), 7)));
        expect(await contentsOf(pool)).toEqual(before);
      });
    });
  });

  it("leave triggers, constraints and numbers as in the database before: what comes next is booked once", async () => {
    await withEmptyDatabase(async ({ url, pool }) => {
      await pool.query("alter table tts_monitor.tasks enable always trigger tasks_record_late");
      const triggers =
        "select tgname, tgenabled from pg_trigger where tgrelid = 'tts_monitor.tasks'::regclass order by 1";
      const before = (await pool.query(triggers)).rows;
      await runBackup("import", url, backup);
      expect((await pool.query(triggers)).rows).toEqual(before);
      const deltas = async () => (await pool.query("select event from tts_monitor.task_deltas")).rows;
      expect(await deltas()).toEqual([]);
      const { rows } = await pool.query("insert into tts_monitor.tasks (text_id) values (1) returning id");
      expect(rows).toEqual([{ id: "9223372036854775001" }]);
      expect(await deltas()).toEqual([{ event: "created" }]);
      expect((await takeSlot(pool, "worker-3")).incarnation).toBe("9007199254740994");
      await expect(pool.query("delete from tts_monitor.tasks where status = 'processing'")).rejects.toThrow(
        /cannot be deleted before it has ended/,
      );
    });
  });

  it("give no number of a pruned task a second time, neither of the one database nor of the other", async () => {
    await withEmptyDatabase(async (from) => {
      await from.pool.query(
        "insert into tts_monitor.tasks (text_id, status) values (1, 'completed'), (2, 'completed')",
      );
      await from.pool.query("delete from tts_monitor.tasks");
      const file = join(folder, "pruned.jsonl");
      await runBackup("export", from.url, file);
      for (const [given, next] of [
        [1, "3"],
        [7, "8"],
      ]) {
        await withEmptyDatabase(async ({ url, pool }) => {
          await pool.query("select setval('tts_monitor.tasks_id_seq', $1)", [given]);
          expect(await runBackup("import", url, file)).toEqual({
            code: 0,
            lines: ["imported 0 tasks and 0 workers"],
          });
          const { rows } = await pool.query(
            "insert into tts_monitor.tasks (text_id) values (1) returning id",
          );
          expect(rows).toEqual([{ id: next }]);
        });
      }
    });
  });

  it("cost no task that may be running: its worker has a heartbeat timeout from the import on", async () => {
    await withEmptyDatabase(async ({ url, pool }) => {
      // As exporters leave it that have watched the empty database for long.
      await pool.query(
        "update tts_monitor.reachability set since = '-infinity', answered_at = clock_timestamp()",
      );
      const { rows } = await pool.query("select clock_timestamp()::text as before");
      expect((await runBackup("import", url, backup)).code).toBe(0);
      const since = await pool.query("select since > $1 as anew from tts_monitor.hearing", [rows[0].before]);
      expect(since.rows).toEqual([{ anew: true }]);
      const { rowCount } = await pool.query("select from tts_monitor.worker_states where state = 'lost'");
      expect(rowCount).toBe(0);
    });
  });

  it("work beside an exporter, which shows all of it or nothing", async () => {
    await withEmptyDatabase(async ({ url, directUrl }) => {
      const serve = await startServe(url, "--no-collector.texts", "--sweep.interval=100ms");
      try {
        const created = async () => total(await serve.scrape(), "tts_db_tasks_created_total");
        expect(await created()).toBe(0);
        expect(await runBackup("import", url, backup)).toMatchObject({ code: 0 });
        const before = await exposedBy(source().directUrl);
        expect(await exposedBy(directUrl)).toBe(before);
        expect(before).toContain(`\ntts_db_tasks_created_total ${await created()}\n`);
      } finally {
        expect((await serve.process.end()).code).toBe(0);
      }
    });
  });
});

/** As many bytes at a time: no line ends where a piece does. */
async function* inChunks(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
