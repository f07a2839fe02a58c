import pg from "pg";
import type { Audio } from "../domain/audio.ts";
import { OperationError } from "../errors.ts";

const MARK = "tts-monitor demo";

/** One connection for the demo application's own rows; it never waits for ever. */
export function openAppTables(databaseUrl: string): pg.Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: 1,
    application_name: "tts-monitor demo application",
    connectionTimeoutMillis: 5000,
    statement_timeout: 5000,
    query_timeout: 6000,
    keepAlive: true,
  });
  // An idle connection that breaks is replaced at the next query; unheard, its error would end the process.
  pool.on("error", () => {});
  return pool;
}

/**
 * Creates the demo application's tables.
 * @throws OperationError where the database has a `tts_texts` that is not the demo's.
 */
export async function createAppTables(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ mark: string | null }>(
    "select obj_description(to_regclass('tts_texts'), 'pg_class') as mark where to_regclass('tts_texts') is not null",
  );
  if (rows[0] && rows[0].mark !== MARK) {
    throw new OperationError(
      "the database has a table tts_texts of its own; the demo wants an empty database",
    );
  }
  await pool.query(`
    create table if not exists tts_texts (
      id bigint generated always as identity primary key,
      content text not null,
      title text,
      is_deleted integer not null default 0,
      created_at timestamptz not null default now()
    );
    comment on table tts_texts is '${MARK}';
    create table if not exists tts_audios (
      id bigint generated always as identity primary key,
      text_id bigint not null references tts_texts (id) on delete cascade,
      audio_url text,
      filename text,
      file_size bigint,
      is_deleted integer not null default 0,
      created_at timestamptz not null default now()
    );
    create index if not exists tts_audios_text_id on tts_audios (text_id);
  `);
}

/** @returns the new text's id, a decimal string */
export async function insertText(pool: pg.Pool, text: { title: string; content: string }): Promise<string> {
  const { rows } = await pool.query<{ id: string }>(
    "insert into tts_texts (content, title) values ($1, $2) returning id",
    [text.content, text.title],
  );
  if (!rows[0]) throw new Error("insert into tts_texts returned no row");
  return rows[0].id;
}

/** What the text says. @throws Error where there is no such text */
export async function readContent(pool: pg.Pool, textId: bigint): Promise<string> {
  const { rows } = await pool.query<{ content: string }>("select content from tts_texts where id = $1", [
    textId,
  ]);
  if (!rows[0]) throw new Error(`there is no text ${textId}`);
  return rows[0].content;
}

/** Gives the text this audio, beside those that it has. */
export async function insertAudio(pool: pg.Pool, textId: bigint, audio: Audio): Promise<void> {
  await pool.query(
    "insert into tts_audios (text_id, audio_url, filename, file_size) values ($1, $2, $3, $4)",
    [textId, audio.audioUrl, audio.filename, audio.fileSize],
  );
}

/** Gives a text the valid audio that another one of the same content has. */
export async function shareAudio(pool: pg.Pool, fromTextId: bigint, toTextId: string): Promise<void> {
  await pool.query(
    `insert into tts_audios (text_id, audio_url, filename, file_size)
     select $2, audio_url, filename, file_size from tts_audios
     where text_id = $1 and is_deleted = 0 and file_size >= 5000
     order by id desc limit 1`,
    [fromTextId, toTextId],
  );
}

/** Marks a text, or all audios of a text, as deleted; the rows stay. */
export async function softDelete(pool: pg.Pool, what: "text" | "audio", textId: string): Promise<void> {
  const statements = {
    text: "update tts_texts set is_deleted = 1 where id = $1",
    audio: "update tts_audios set is_deleted = 1 where text_id = $1",
  };
  await pool.query(statements[what], [textId]);
}

/** The newest text's id, 0 where there is none. */
export async function readNewestTextId(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ id: string }>("select coalesce(max(id), 0) as id from tts_texts");
  return Number(rows[0]?.id);
}
