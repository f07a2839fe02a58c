import type pg from "pg";
import type { Config } from "../config.ts";
import type { Queryable } from "../db/pool.ts";
import { inTransaction, READ_ONLY_SNAPSHOT } from "../db/transaction.ts";

/** What a check found, in one line, and the command or setting that mends it. */
export type Finding =
  | { level: "ok"; found: string }
  | { level: "warn" | "fail"; found: string; hint: string };

/** What a check on this machine may look at. */
export interface Sight {
  config: Config<"doctor">;
}

/** What a check in the database may look at. */
export interface DatabaseSight extends Sight {
  url: string;
  /** of one connection */
  pool: pg.Pool;
}

/** One question about the installation. It changes nothing, and what it throws is a finding too. */
export interface Check<S extends Sight> {
  name: string;
  look(sight: S): Promise<Finding>;
  /** Where it fails, what comes after it in the list means nothing. */
  gate?: true;
}

// A finding of each level.
export const ok = (found: string): Finding => ({ level: "ok", found });
export const warn = (found: string, hint: string): Finding => ({ level: "warn", found, hint });
export const fail = (found: string, hint: string): Finding => ({ level: "fail", found, hint });

/** A check that asks the database: in a transaction in which PostgreSQL itself refuses every change. */
export function question(
  name: string,
  ask: (db: Queryable, sight: DatabaseSight) => Promise<Finding>,
): Check<DatabaseSight> {
  return { name, look: (sight) => inTransaction(sight.pool, READ_ONLY_SNAPSHOT, (db) => ask(db, sight)) };
}

/** The rows of a statement, typed at the call. */
export async function rowsOf<Row extends pg.QueryResultRow>(
  db: Queryable,
  sql: string,
  values: unknown[] = [],
): Promise<Row[]> {
  return (await db.query<Row>(sql, values)).rows;
}

/** The one row of a statement that always gives one. */
export async function rowOf<Row extends pg.QueryResultRow>(
  db: Queryable,
  sql: string,
  values: unknown[] = [],
): Promise<Row> {
  const [row] = await rowsOf<Row>(db, sql, values);
  if (!row) throw new Error("a statement gave no row");
  return row;
}

/** "a, b, c and 4 more" */
export function inWords(names: readonly string[], most = 5): string {
  const more = names.length - most;
  return more > 0 ? `${names.slice(0, most).join(", ")} and ${more} more` : names.join(", ");
}
