import {
  BACKUP_TABLES,
  type BackupTable,
  createTally,
  headerLine,
  type RowCounts,
  rowLine,
  trailerLine,
} from "../domain/backup.ts";
import { OperationError } from "../errors.ts";
import { prepareSession, ROWS_OF, requireOwnSchema } from "./backup-tables.ts";
import type { Queryable } from "./pool.ts";
import { SCHEMA_VERSION } from "./schema.ts";

/** Rows that are in memory at a time. */
const PAGE = 500;

/**
 * A backup of tasks, ledger and workers, as text in pieces of whole lines. To be called in one snapshot, which lasts
 * until the last piece is taken.
 * @param program version of this program
 * @returns how many rows there were
 * @throws OperationError where the schema is not ours, or the role may not read all of it
 */
export async function* writeBackup(
  db: Queryable,
  program: string,
): AsyncGenerator<string, RowCounts, undefined> {
  await prepareSession(db);
  await requireOwnSchema(db);
  await requireSequences(db);
  const tally = createTally();
  const counted = (line: string, table?: BackupTable) => {
    tally.add(line, table);
    return `${line}\n`;
  };
  yield counted(headerLine(SCHEMA_VERSION, program, await readTime(db)));
  for (const table of BACKUP_TABLES) {
    for await (const rows of readRows(db, table)) {
      yield rows.map((row) => counted(rowLine(table, row), table)).join("");
    }
  }
  yield `${trailerLine(tally.rows, tally.sha256())}\n`;
  return tally.rows;
}

/** Who may not read a sequence is told that no number was given yet, and numbers would be given twice. */
async function requireSequences(db: Queryable): Promise<void> {
  const { rows } = await db.query<{ readable: boolean }>(
    `select bool_and(has_sequence_privilege(oid, 'usage, select')) as readable
     from pg_class where relnamespace = 'tts_monitor'::regnamespace and relkind = 'S'`,
  );
  if (!rows[0]?.readable) {
    throw new OperationError(
      "this role may not read the sequences: export as the schema's owner or a writer",
    );
  }
}

async function readTime(db: Queryable): Promise<string> {
  const { rows } = await db.query<{ now: string }>("select to_json(clock_timestamp()) #>> '{}' as now");
  return rows[0]?.now ?? "";
}

/** Page by page, by a cursor of the server's, each row as JSON in the table's order of columns. */
async function* readRows(db: Queryable, table: BackupTable): AsyncGenerator<string[], void, undefined> {
  await db.query(
    `declare backup no scroll cursor for select row_to_json(source)::text as row from (${ROWS_OF[table]}) source`,
  );
  let found = PAGE;
  while (found === PAGE) {
    const { rows } = await db.query<{ row: string }>(`fetch ${PAGE} from backup`);
    found = rows.length;
    if (found > 0) yield rows.map(({ row }) => row);
  }
  await db.query("close backup");
}
