import { afterAll, beforeAll, expect, test } from "vitest";
import {
  createAppTables,
  insertAudio,
  insertText,
  openAppTables,
  readNewestTextId,
  shareAudio,
  softDelete,
} from "../../src/demo/app-tables.ts";
import { OperationError } from "../../src/errors.ts";
import { createTestDatabase, useTestDatabase } from "../support/postgres.ts";

const database = useTestDatabase({ migrated: false });
let app: ReturnType<typeof openAppTables>;
beforeAll(async () => {
  app = openAppTables(database().url);
  await createAppTables(app);
});
afterAll(() => app.end());

const VALID = { audioUrl: "file:///a.wav", filename: "a.wav", fileSize: 5000 };

async function audiosOf(textId: string) {
  const { rows } = await database().pool.query(
    "select filename, file_size::int as size, is_deleted from tts_audios where text_id = $1 order by id",
    [textId],
  );
  return rows;
}

test("creating the tables again keeps the rows of the last run", async () => {
  const id = await insertText(app, { title: "kept", content: "Kept." });
  await createAppTables(app);
  expect(await readNewestTextId(app)).toBe(Number(id));
});

test("a database whose tts_texts is somebody else's is refused, and stays as it is", async () => {
  const theirs = await createTestDatabase({ migrated: false });
  const pool = openAppTables(theirs.url);
  try {
    await theirs.pool.query("create table tts_texts (id bigint primary key)");
    await expect(createAppTables(pool)).rejects.toThrow(OperationError);
    const { rows } = await theirs.pool.query("select to_regclass('tts_audios') as audios");
    expect(rows).toEqual([{ audios: null }]);
  } finally {
    await pool.end();
    await theirs.drop();
  }
});

test("a repeated text gets the valid audio of the first, and none where that has none", async () => {
  const first = await insertText(app, { title: "t", content: "Twice." });
  const second = await insertText(app, { title: "t", content: "Twice." });
  await insertAudio(app, BigInt(first), { ...VALID, fileSize: 44 });
  await shareAudio(app, BigInt(first), second);
  expect(await audiosOf(second)).toEqual([]);
  await insertAudio(app, BigInt(first), VALID);
  await shareAudio(app, BigInt(first), second);
  expect(await audiosOf(second)).toEqual([{ filename: "a.wav", size: 5000, is_deleted: 0 }]);
});

test("a soft delete marks the row and keeps it", async () => {
  const id = await insertText(app, { title: "t", content: "Going." });
  await insertAudio(app, BigInt(id), VALID);
  await softDelete(app, "audio", id);
  expect(await audiosOf(id)).toEqual([{ filename: "a.wav", size: 5000, is_deleted: 1 }]);
  await softDelete(app, "text", id);
  const { rows } = await database().pool.query("select is_deleted from tts_texts where id = $1", [id]);
  expect(rows).toEqual([{ is_deleted: 1 }]);
});

test("the application holds one connection, and outlives that one's end", async () => {
  await Promise.all(Array.from({ length: 5 }, () => readNewestTextId(app)));
  const { rowCount } = await database().pool.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1 and datname = current_database()",
    ["tts-monitor demo application"],
  );
  expect(rowCount).toBe(1);
  await expect.poll(() => readNewestTextId(app).catch(() => 0)).toBeGreaterThan(0);
});
