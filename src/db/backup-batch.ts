import type { BackupRow, BackupTable } from "../domain/backup.ts";
import { OperationError } from "../errors.ts";
import { RESTORE } from "./backup-tables.ts";
import type { Queryable } from "./pool.ts";
import { isRefusal } from "./sqlstate.ts";

const MOST_ROWS = 500;
const MOST_CHARACTERS = 1 << 20;

/** Restores rows in groups of one table; each row is of the line with its number. */
export function createBatch(db: Queryable) {
  let table: BackupTable | undefined;
  let rows: { row: string; line: number }[] = [];
  let characters = 0;

  async function flush(): Promise<void> {
    if (table === undefined || rows.length === 0) return;
    const [of, group] = [RESTORE[table], rows];
    rows = [];
    characters = 0;
    await db.query("savepoint batch");
    try {
      await db.query(of, [group.map(({ row }) => row)]);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      await db.query("rollback to savepoint batch");
      for (const { row, line } of group) await restoreOne(db, of, row, line);
      throw error;
    }
    await db.query("release savepoint batch");
  }

  return {
    async add(entry: BackupRow, line: number): Promise<void> {
      if (entry.table !== table || rows.length === MOST_ROWS || characters > MOST_CHARACTERS) await flush();
      table = entry.table;
      rows.push({ row: entry.row, line });
      characters += entry.row.length;
    },
    /** Restores what is left. */
    flush,
  };
}

/** To find out which row of a group was refused. */
async function restoreOne(db: Queryable, statement: string, row: string, line: number): Promise<void> {
  try {
    await db.query(statement, [[row]]);
  } catch (error) {
    throw new OperationError(`line ${line}: the database refuses the row: ${Object(error).message}`, {
      cause: error,
    });
  }
}
