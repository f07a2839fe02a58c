import type pg from "pg";
import { OperationError } from "../errors.ts";

// What the texts' direct count and Grafana need of the application's tables: never the content.
const READ_COLUMNS = {
  tts_texts: ["id", "is_deleted", "created_at"],
  tts_audios: ["id", "text_id", "is_deleted", "file_size", "filename", "audio_url", "created_at"],
};

/** For the exporter's scrape and Grafana: reads our schema and the few columns that count texts. */
export async function grantReader(client: pg.ClientBase, role: string): Promise<void> {
  const name = await existingRole(client, role);
  await client.query(`grant usage on schema tts_monitor to ${name}`);
  await client.query(`grant select on all tables in schema tts_monitor to ${name}`);
  for (const [table, columns] of Object.entries(READ_COLUMNS)) {
    await grantColumns(client, name, table, columns);
  }
}

/** Lets the role read those of the columns that are there. @param name the role's, quoted */
async function grantColumns(
  client: pg.ClientBase,
  name: string,
  table: string,
  columns: readonly string[],
): Promise<void> {
  const { rows } = await client.query<{ attname: string }>(
    "select attname from pg_attribute where attrelid = to_regclass($1) and attname = any($2) and attnum > 0",
    [table, columns],
  );
  if (rows.length === 0) return;
  const found = rows.map(({ attname }) => attname).join(", ");
  await client.query(`grant select (${found}) on ${table} to ${name}`);
}

/**
 * For workers, the API and the exporter's jobs: changes tasks, and reads whatever `grantReader` does and what the
 * texts say: a retry goes by their hash.
 */
export async function grantWriter(client: pg.ClientBase, role: string): Promise<void> {
  const name = await existingRole(client, role);
  await grantReader(client, role);
  await grantColumns(client, name, "tts_texts", ["content"]);
  await client.query(`grant insert, update, delete on all tables in schema tts_monitor to ${name}`);
  await client.query(`grant usage on all sequences in schema tts_monitor to ${name}`);
  await client.query(`revoke insert, update, delete on tts_monitor.migrations from ${name}`);
}

/** The role's name, quoted for SQL. */
async function existingRole(client: pg.ClientBase, role: string): Promise<string> {
  const { rowCount } = await client.query("select from pg_roles where rolname = $1", [role]);
  if (rowCount === 0) throw new OperationError(`there is no role ${role} to grant to: create it first`);
  return client.escapeIdentifier(role);
}
