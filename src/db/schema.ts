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

type SchemaState = "current" | "missing" | "older" | "newer";

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
  const version = Math.max(0, ...rows.map((row) => numberOf(row.name)));
  return { version, state: stateOf(version) };
}

/** One line for people: what is wrong with the schema and how to mend it; undefined when it is current. */
export function schemaProblem({ version, state }: Schema): string | undefined {
  switch (state) {
    case "current":
      return undefined;
    case "missing":
      return "the database has no schema tts_monitor: run `tts-monitor migrate`";
    case "older":
      return `the schema is version ${version}, this program needs ${SCHEMA_VERSION}: run \`tts-monitor migrate\``;
    case "newer":
      return `the schema is version ${version}, newer than this program knows (${SCHEMA_VERSION}): upgrade it`;
  }
}

function stateOf(version: number): SchemaState {
  if (version === 0) return "missing";
  if (version < SCHEMA_VERSION) return "older";
  return version > SCHEMA_VERSION ? "newer" : "current";
}

function numberOf(name: string): number {
  return Number.parseInt(name, 10);
}
