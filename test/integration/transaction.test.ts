import type pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { inTransaction, READ_COMMITTED } from "../../src/db/transaction.ts";
import { OperationError } from "../../src/errors.ts";
import { openPool } from "../support/open-pool.ts";
import { useTestDatabase } from "../support/postgres.ts";

const database = useTestDatabase();
let pool: pg.Pool;
beforeAll(() => {
  pool = openPool(database().url, "transaction", 1);
});
afterAll(() => pool.end());

const session = async () => (await pool.query("select pg_backend_pid() as pid")).rows[0].pid;
const texts = async () => (await pool.query("select text_id::integer from tts_monitor.tasks")).rows;

/** Writes a row in a transaction, which ends with this error. */
const failing = (error: Error) =>
  inTransaction(pool, READ_COMMITTED, async (client) => {
    await client.query("insert into tts_monitor.tasks (text_id) values (1)");
    throw error;
  });

it("what a decision of ours ends is undone, and its connection goes on", async () => {
  const before = await session();
  const refusal = new OperationError("refused");
  await expect(failing(refusal)).rejects.toBe(refusal);
  expect(await session()).toBe(before);
  expect(await texts()).toEqual([]);
});

it("what any other error ends is undone, and its connection is closed, for it may be broken", async () => {
  const before = await session();
  const error = new Error("unforeseen");
  await expect(failing(error)).rejects.toBe(error);
  expect(await session()).not.toBe(before);
  expect(await texts()).toEqual([]);
});
