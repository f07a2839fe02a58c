import fc from "fast-check";
import type pg from "pg";
import { foldTexts } from "../../src/db/ledger.ts";

export interface TextStep {
  name: string;
  run(db: pg.ClientBase): Promise<unknown>;
}

/**
 * The application's tables with rows in them.
 * @param linked whether audios reference their text, with cascades
 */
export async function createAppRows(db: pg.ClientBase | pg.Pool, linked: boolean): Promise<void> {
  await db.query(`
    create table tts_texts (id integer primary key, content text not null default '', is_deleted integer);
    create table tts_audios (
      id integer generated always as identity primary key,
      text_id integer ${linked ? "references tts_texts (id) on delete cascade on update cascade" : ""},
      audio_url text, filename text, file_size integer, is_deleted smallint
    );
    insert into tts_texts (id, is_deleted) values (1, 0), (2, 0), (3, 1), (4, null), (5, 0);
    insert into tts_audios (text_id, file_size, is_deleted)
    values (1, 5000, 0), (1, 9000, 0), (2, 4999, 0), (3, 9000, 0), (4, 9000, 0), (null, 9000, 0);
    ${linked ? "" : "insert into tts_audios (text_id, file_size, is_deleted) values (7, 9000, 0)"}
  `);
}

const textId = fc.integer({ min: 1, max: 9 });
const isDeleted = fc.constantFrom(0, 0, 0, 1, 2, null);
const fileSize = fc.constantFrom(null, 0, 4999, 5000, 5001, 70_000);
const texts = fc.array(fc.record({ id: textId, isDeleted }), { minLength: 1, maxLength: 4 });
const audios = fc.array(fc.record({ textId: fc.option(textId), fileSize, isDeleted }), {
  minLength: 1,
  maxLength: 4,
});

const step = (name: string, sql: string, values: unknown[] = []): TextStep => ({
  name: `${name} ${JSON.stringify(values)}`,
  run: (db) => db.query(sql, values),
});

const singleSteps: fc.Arbitrary<TextStep>[] = [
  texts.map((rows) =>
    step(
      "insert texts",
      `insert into tts_texts (id, is_deleted)
       select id, "isDeleted" from json_to_recordset($1) as r (id integer, "isDeleted" integer)
       on conflict do nothing`,
      [JSON.stringify(rows)],
    ),
  ),
  fc.tuple(textId, isDeleted).map((values) =>
    step(
      "insert or change a text",
      `insert into tts_texts (id, is_deleted) values ($1, $2)
       on conflict (id) do update set is_deleted = excluded.is_deleted`,
      values,
    ),
  ),
  audios.map((rows) =>
    step(
      "insert audios",
      `insert into tts_audios (text_id, file_size, is_deleted)
       select "textId", "fileSize", "isDeleted"
       from json_to_recordset($1) as r ("textId" integer, "fileSize" integer, "isDeleted" smallint)`,
      [JSON.stringify(rows)],
    ),
  ),
  fc
    .tuple(textId, isDeleted)
    .map((values) => step("delete softly", "update tts_texts set is_deleted = $2 where id = $1", values)),
  fc.constant(step("undelete all", "update tts_texts set is_deleted = 0")),
  fc
    .tuple(textId, textId)
    .map((values) =>
      step(
        "renumber a text",
        `update tts_texts set id = $2 where id = $1 and not exists (select from tts_texts where id = $2)`,
        values,
      ),
    ),
  fc
    .tuple(textId, fileSize)
    .map((values) => step("resize", "update tts_audios set file_size = $2 where text_id = $1", values)),
  fc
    .tuple(textId, isDeleted)
    .map((values) =>
      step("delete audios softly", "update tts_audios set is_deleted = $2 where text_id = $1", values),
    ),
  fc
    .tuple(fc.nat(6), fc.option(textId))
    .map((values) => step("move audios", "update tts_audios set text_id = $2 where id % 7 = $1", values)),
  fc.nat(6).map((value) => step("delete audios", "delete from tts_audios where id % 7 = $1", [value])),
  textId.map((value) => step("delete a text", "delete from tts_texts where id = $1", [value])),
  fc.constant(step("delete all texts", "delete from tts_texts")),
  fc.constant(step("truncate audios", "truncate tts_audios")),
  fc.constant(step("truncate texts", "truncate tts_texts cascade")),
  fc.constant(step("truncate both", "truncate tts_audios, tts_texts restart identity")),
];

const fold: fc.Arbitrary<TextStep> = fc
  .integer({ min: 1, max: 5 })
  .map((limit) => ({ name: `fold ${limit}`, run: (db) => foldTexts(db, limit) }));

/** Undone where the foreign key refuses it, as an application would see it. */
const guarded = (name: string, steps: readonly TextStep[], undo: boolean): TextStep => ({
  name,
  async run(db) {
    await db.query("savepoint before");
    try {
      for (const { run } of steps) await run(db);
      if (undo) await db.query("rollback to before");
    } catch (error) {
      if ((error as pg.DatabaseError).code !== "23503") throw error;
      await db.query("rollback to before");
    }
  },
});

const statement = fc.oneof(...singleSteps);

/** Any statement on the application's tables, several undone, or a fold. */
export const anyTextStep: fc.Arbitrary<TextStep> = fc.oneof(
  { weight: 8, arbitrary: statement.map((one) => guarded(one.name, [one], false)) },
  { weight: 4, arbitrary: fold },
  {
    weight: 1,
    arbitrary: fc
      .array(fc.oneof(statement, fold), { minLength: 1, maxLength: 3 })
      .map((steps) => guarded(`undone: ${steps.map(({ name }) => name)}`, steps, true)),
  },
);
