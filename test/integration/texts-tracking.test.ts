import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { describe, expect, it } from "vitest";
import { untrackAppTables } from "../../src/db/app-tables.ts";
import { foldTexts } from "../../src/db/ledger.ts";
import { migrate } from "../../src/db/migrate.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { countTexts, readTextBooks } from "../support/recount.ts";
import { track } from "../support/seed.ts";
import { createAppRows } from "../support/text-steps.ts";
import { withClient } from "../support/with-client.ts";

async function triggersOf(db: pg.Pool, table: string): Promise<string[]> {
  const { rows } = await db.query<{ tgname: string }>(
    "select tgname from pg_trigger where tgrelid = $1::regclass and not tgisinternal order by 1",
    [table],
  );
  return rows.map(({ tgname }) => tgname);
}

describe("the application's tables", () => {
  const database = useTestDatabase();

  it("must be there to be tracked, which one line says", async () => {
    await expect(migrate(database().url, { trackAppTables: true })).rejects.toThrow(
      /^the application's table tts_texts is not in the search path$/,
    );
  });

  it("carry no trigger of ours after untracking, and tracking again counts anew", async () => {
    const { pool } = database();
    await createAppRows(pool, true);
    await pool.query("create index on tts_texts (is_deleted)");
    await track(pool);
    expect(await triggersOf(pool, "tts_texts")).toHaveLength(4);
    expect(await readTextBooks(pool)).toEqual({ texts: "3", completed: "1" });

    await withClient(pool, untrackAppTables);
    expect(await triggersOf(pool, "tts_texts")).toEqual([]);
    expect(await triggersOf(pool, "tts_audios")).toEqual([]);
    expect(await readTextBooks(pool)).toEqual({ texts: "0", completed: "0" });

    await pool.query("update tts_audios set file_size = 5000 where text_id = 2");
    await track(pool);
    await track(pool);
    expect(await triggersOf(pool, "tts_audios")).toHaveLength(4);
    expect(await readTextBooks(pool)).toEqual({ texts: "3", completed: "2" });
  });

  it("count a text once whose first audios arrive in two transactions at once", async () => {
    const { pool } = database();
    await pool.query("insert into tts_texts values (100, '', 0)");
    const before = await readTextBooks(pool);
    const [one, other] = [await pool.connect(), await pool.connect()];
    for (const db of [one, other]) {
      await db.query("begin; insert into tts_audios (text_id, file_size, is_deleted) values (100, 9000, 0)");
    }
    await one.query("commit");
    expect(await foldTexts(pool, 100)).toBeGreaterThan(0);
    await other.query("commit");
    one.release();
    other.release();
    expect(await readTextBooks(pool)).toEqual(await countTexts(pool));
    expect(Number((await readTextBooks(pool))?.completed)).toBe(Number(before?.completed) + 1);

    await pool.query(
      "delete from tts_audios where id = (select max(id) from tts_audios where text_id = 100)",
    );
    expect(await readTextBooks(pool)).toEqual(await countTexts(pool));
    expect(Number((await readTextBooks(pool))?.completed)).toBe(Number(before?.completed) + 1);
  });
});

/** Books and rows agree in one snapshot, whoever writes meanwhile. */
async function expectExact(pool: pg.Pool): Promise<void> {
  await withClient(pool, async (db) => {
    await db.query("begin isolation level repeatable read");
    expect(await readTextBooks(db)).toEqual(await countTexts(db));
    await db.query("commit");
  });
}

describe("while the application writes", () => {
  const database = useTestDatabase();

  it("tracking and untracking miss no row, and fail no writer", async () => {
    const { pool, url } = database();
    await createAppRows(pool, false);
    // Enough rows that the writers commit while they are counted.
    await pool.query("insert into tts_texts select n, '', 0 from generate_series(1000000, 1020000) n");
    let running = true;
    let written = 0;
    const writer = async (n: number) => {
      const db = new pg.Client({ connectionString: url });
      await db.connect();
      // Both orders of the tables: neither may end in a deadlock that costs the application its transaction.
      const statements = [
        "insert into tts_texts values ($1, '', 0)",
        "insert into tts_audios (text_id, file_size, is_deleted) values ($1, 5000, 0)",
      ];
      if (n % 2 === 1) statements.reverse();
      for (let id = 1000 * (n + 1); running; id++, written++) {
        await db.query("begin");
        for (const sql of statements) {
          await db.query(sql, [id]);
          await sleep(2);
        }
        await db.query("commit");
      }
      await db.end();
    };
    const folder = async () => {
      for (; running; await sleep(5)) await foldTexts(pool, 20);
    };
    const tracker = async () => {
      await sleep(100);
      for (let times = 0; times < 5; times++) {
        if (times % 2 === 1) await withClient(pool, untrackAppTables);
        await track(pool);
        await expectExact(pool);
        await sleep(50);
      }
      running = false;
    };
    await Promise.all([...[0, 1, 2, 3].map(writer), folder(), tracker()]);
    expect(written).toBeGreaterThan(50);
    expect(await readTextBooks(pool)).toEqual(await countTexts(pool));
    while ((await foldTexts(pool, 100)) > 0);
    expect(await readTextBooks(pool)).toEqual(await countTexts(pool));
  });
});
