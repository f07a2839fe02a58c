import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { expect, it } from "vitest";
import { end, recordLate } from "../../src/db/end-store.ts";
import { foldTasks, foldTexts } from "../../src/db/ledger.ts";
import { insertStarted, start } from "../../src/db/start-store.ts";
import { insertPending } from "../../src/db/submit-store.ts";
import { noteAnswer } from "../../src/db/sweep-store.ts";
import type { Slot } from "../../src/db/worker-store.ts";
import { useTestDatabase } from "../support/postgres.ts";
import { countTexts, readBooks, readTextBooks, recount } from "../support/recount.ts";
import { createAppTables, track } from "../support/seed.ts";
import { COMPLETED, FAILED, HOUR, takeSlot } from "../support/tasks.ts";
import { withClient } from "../support/with-client.ts";

const WRITERS = 8;
const ROUNDS = 40;
// A wait for an idle transaction has no end, so any limit finds it; a short one finds it soon.
const LOCK_TIMEOUT = 200;

type Db = Pick<pg.ClientBase, "query">;

const database = useTestDatabase();

/**
 * Writes from eight sessions at once while folds go on.
 * @returns whatever lock anybody was seen to wait for
 */
async function writeAndWatch(
  write: (db: Db, writer: number) => Promise<void>,
  fold: (db: Db) => Promise<number>,
): Promise<unknown[]> {
  const { url, pool } = database();
  const writers = new pg.Pool({ connectionString: url, max: WRITERS, lock_timeout: LOCK_TIMEOUT });
  const waits: unknown[] = [];
  let running = true;
  let folded = 0;
  const meanwhile = async (work: () => Promise<unknown>) => {
    for (; running; await sleep(2)) await work();
  };
  try {
    const work = Array.from({ length: WRITERS }, (_, writer) => write(writers, writer));
    await Promise.all([
      Promise.all(work).finally(() => {
        running = false;
      }),
      meanwhile(async () => waits.push(...(await waitingLocks(pool)))),
      meanwhile(async () => {
        folded += await fold(pool);
      }),
    ]);
  } finally {
    await writers.end();
  }
  expect(folded).toBeGreaterThan(0);
  return waits;
}

/** The growth of a table's file and the like are waits for the disk, and end by themselves. */
async function waitingLocks(db: Db): Promise<unknown[]> {
  const { rows } = await db.query(
    `select l.locktype, l.mode, l.relation::regclass::text as relation, a.query
     from pg_locks l join pg_stat_activity a using (pid)
     where not l.granted and a.datname = current_database()
       and l.locktype in ('relation', 'tuple', 'transactionid', 'advisory')`,
  );
  return rows;
}

/** Does the work while a session that has made these changes is idle in its transaction, as a hung program is. */
async function whileIdle<T>(changes: (db: pg.Client) => Promise<void>, work: () => Promise<T>): Promise<T> {
  const idle = new pg.Client({ connectionString: database().url });
  await idle.connect();
  try {
    await idle.query("begin");
    await changes(idle);
    const result = await work();
    await idle.query("commit");
    return result;
  } finally {
    await idle.end();
  }
}

it("eight writers of tasks do not wait for each other, nor for a transaction left idle after all kinds of changes", async () => {
  const { pool } = database();
  await pool.query("create table gone (like tts_monitor.tasks)");
  const newTask = (slot: Slot) => ({ textId: 1n, contentHash: null, slot, dedupWindow: HOUR });
  const { rows } = await pool.query<{ id: bigint; status: string }>(
    `insert into tts_monitor.tasks (text_id, status)
     select 1, unnest(array['pending', 'processing', 'completed']) returning id, status`,
  );
  const idOf = (status: string) => rows.find((row) => row.status === status)?.id ?? 0n;

  const waits = await whileIdle(
    async (idle) => {
      const slot = await takeSlot(idle, "idle");
      expect(await insertPending(idle, newTask(slot))).toBeDefined();
      expect(await start(idle, idOf("pending"), slot, HOUR)).toBeDefined();
      expect(await end(idle, idOf("processing"), COMPLETED)).toBeDefined();
      expect(await recordLate(idle, idOf("completed"))).toBeDefined();
    },
    () =>
      writeAndWatch(
        async (db, writer) => {
          const slot = await takeSlot(db, `worker-${writer}`);
          for (let round = 0; round < ROUNDS; round++) {
            const id = (await insertPending(db, newTask(slot))) ?? 0n;
            expect(await start(db, id, slot, HOUR)).toBeDefined();
            expect(await end(db, id, FAILED)).toBeDefined();
            expect(await recordLate(db, id)).toBeDefined();
            expect(await insertStarted(db, newTask(slot), HOUR)).toBeDefined();
          }
        },
        (db) => foldTasks(db, 20),
      ),
  );

  expect(waits).toEqual([]);
  const books = await readBooks(pool);
  const late = { n: String(WRITERS * ROUNDS + 1), micros: "0" };
  expect(books).toEqual({ ...(await recount(pool, "gone")), "late//0": late });
});

it("eight writers of texts and audios do not wait for each other, nor for a transaction left idle after it has changed the same texts", async () => {
  const { pool } = database();
  await createAppTables(pool);
  await track(pool);
  let lastId = 100;

  const waits = await whileIdle(
    async (idle) => {
      await idle.query("insert into tts_audios (text_id, file_size, is_deleted) values (5, 9000, 0)");
      await idle.query("update tts_texts set is_deleted = 1 where id = 9");
    },
    () =>
      writeAndWatch(
        async (db) => {
          for (let round = 0; round < ROUNDS; round++) {
            const id = ++lastId;
            await db.query("insert into tts_texts values ($1, 'text', 0)", [id]);
            await db.query(
              `insert into tts_audios (text_id, file_size, is_deleted)
               values (5, 9000, 0), (9, 9000, 0), ($1, 9000, 0)`,
              [id],
            );
            await db.query("update tts_audios set file_size = 10 where text_id = $1", [id]);
            await db.query("update tts_texts set is_deleted = 1 where id = $1", [id]);
          }
        },
        (db) => foldTexts(db, 20),
      ),
  );

  expect(waits).toEqual([]);
  expect(await readTextBooks(pool)).toEqual(await countTexts(pool));
});

it("a session that folds or notes an answer waits for the disk again afterwards, as an acknowledged start must", async () => {
  await withClient(database().pool, async (client) => {
    await client.query(
      "set synchronous_commit = 'on'; insert into tts_monitor.task_deltas (event) values ('late')",
    );
    expect(await foldTasks(client, 10_000)).toBeGreaterThan(0);
    await foldTexts(client, 1);
    await noteAnswer(client);
    const { rows } = await client.query("show synchronous_commit");
    expect(rows).toEqual([{ synchronous_commit: "on" }]);
    await client.query("reset synchronous_commit");
  });
});
