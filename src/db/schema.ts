import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Queryable } from "./pool.ts";

/** The folder of migrations, which stands beside src/ and dist/ alike. */
export const MIGRATIONS_DIR = fileURLToPath(new URL("../../migrations", import.meta.url));

const NAMES = readdirSync(MIGRATIONS_DIR)
  .filter((name) => name.endsWith(".sql"))
  .map((name) => name.replace(/\.sql$/, ""));

/** Number of the newest migration that this program knows. */
export const SCHEMA_VERSION = Math.max(...NAMES.map(numberOf));

/** `ahead`: newer, by migrations that this program works with; `newer`: by others too. */
type SchemaState = "current" | "missing" | "older" | "ahead" | "newer";

export interface Schema {
  /** number of the newest migration in the database; 0 when there is none */
  version: number;
  state: SchemaState;
}

/** Which schema the database has, as seen by this program. */
export async function readSchema(db: Queryable): Promise<Schema> {
  const table = await db.query<{ present: boolean }>(
    "select to_regclass('tts_monitor.migrations') is not null as present",
  );
  if (!table.rows[0]?.present) return { version: 0, state: "missing" };
  const { rows } = await db.query<{ name: string }>("select name from tts_monitor.migrations");
  const names = rows.map(({ name }) => name);
  const version = Math.max(0, ...names.map(numberOf));
  return { version, state: stateOf(version, names) };
}

/** One line for people: what is wrong with the schema and how to mend it; undefined when it can be worked with. */
export function schemaProblem({ version, state }: Schema): string | undefined {
  switch (state) {
    case "current":
    case "ahead":
      return undefined;
    case "missing":
      return "the database has no schema tts_monitor: run `tts-monitor migrate`";
    case "older":
      return `the schema is version ${version}, this program needs ${SCHEMA_VERSION}: run \`tts-monitor migrate\``;
    case "newer":
      return `the schema is version ${version}, newer than this program knows (${SCHEMA_VERSION}): upgrade it`;
  }
}

function stateOf(version: number, names: readonly string[]): SchemaState {
  if (version === 0) return "missing";
  if (version < SCHEMA_VERSION) return "older";
  const unknown = names.filter((name) => numberOf(name) > SCHEMA_VERSION);
  if (unknown.length === 0) return "current";
  return unknown.every((name) => oldestFor(name) <= SCHEMA_VERSION) ? "ahead" : "newer";
}

/**
 * Schema version of the oldest program that works with a migration, which the migration's name tells:
 * `0012_voices.from_0011`. Without a word of it that is the migration's own.
 */
function oldestFor(name: string): number {
  const [, oldest] = /\.from_(\d{4})$/.exec(name) ?? [];
  return oldest === undefined ? numberOf(name) : Number(oldest);
}

function numberOf(name: string): number {
  return Number.parseInt(name, 10);
}
