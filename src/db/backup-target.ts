import type pg from "pg";
import { OperationError } from "../errors.ts";
import { LOCK_TIMEOUT } from "./give-way.ts";
import type { Queryable } from "./pool.ts";

const TABLES = ["tasks", "followers", "workers", "task_totals", "task_deltas"];

/**
 * Keeps all others from writing to what is restored until the transaction ends; they can read it. Then looks whether
 * it is empty: the statement after the locks sees whatever was committed before them.
 * @throws OperationError that names the tables with rows; PostgreSQL's lock timeout where another session writes
 */
export async function lockEmptyTables(db: Queryable): Promise<void> {
  const qualified = TABLES.map((table) => `tts_monitor.${table}`);
  await db.query(
    `set local lock_timeout = ${LOCK_TIMEOUT};
     lock table ${qualified.join(", ")} in share row exclusive mode`,
  );
  const { rows } = await db.query<{ name: string }>(
    qualified
      .map((table) => `select '${table}' as name where exists (select from ${table})`)
      .join(" union all "),
  );
  if (rows.length > 0) {
    const names = rows.map(({ name }) => name).join(", ");
    throw new OperationError(`the database is not empty (${names}): import into a new one`);
  }
}

/** How `pg_trigger.tgenabled` is said in SQL; a trigger that was disabled before stays so. */
const MODES: Record<string, string> = { O: "", A: "always", R: "replica" };

/**
 * Runs the work with the triggers of `tts_monitor.tasks` disabled, which would book restored rows a second time, and
 * enables them as they were. Constraints hold meanwhile. To be called in a transaction of the table's owner: its
 * rollback enables them too, and its lock keeps others from writing past them.
 */
export async function withoutTaskTriggers(db: pg.ClientBase, work: () => Promise<void>): Promise<void> {
  const { rows } = await db.query<{ name: string; mode: string }>(
    `select tgname as name, tgenabled::text as mode from pg_trigger
     where tgrelid = 'tts_monitor.tasks'::regclass and not tgisinternal and tgenabled <> 'D'`,
  );
  await db.query("alter table tts_monitor.tasks disable trigger user");
  await work();
  for (const { name, mode } of rows) {
    await db.query(
      `alter table tts_monitor.tasks enable ${MODES[mode] ?? ""} trigger ${db.escapeIdentifier(name)}`,
    );
  }
}
