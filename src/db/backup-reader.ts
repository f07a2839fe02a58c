import type pg from "pg";
import {
  BACKUP_FORMAT,
  type BackupHeader,
  type BackupTally,
  type BackupTrailer,
  createTally,
  parseBackupLine,
  type RowCounts,
} from "../domain/backup.ts";
import { byteLines } from "../domain/byte-lines.ts";
import { counted } from "../domain/counted.ts";
import { OperationError } from "../errors.ts";
import { createBatch } from "./backup-batch.ts";
import { prepareSession, requireOwnSchema } from "./backup-tables.ts";
import { lockEmptyTables, withoutTaskTriggers } from "./backup-target.ts";
import type { Queryable } from "./pool.ts";
import { SCHEMA_VERSION } from "./schema.ts";

/** Bytes; no row of ours comes near it. */
const LONGEST_LINE = 64 << 20;

/**
 * Restores a backup into a database whose tasks, ledger and workers are empty. To be called in one transaction, which
 * the caller undoes at any error.
 * @param chunks the backup's bytes
 * @returns how many rows were restored
 * @throws OperationError with the line's number, where it is one line that is wrong
 */
export async function readBackup(db: pg.ClientBase, chunks: AsyncIterable<Buffer>): Promise<RowCounts> {
  const lines = numbered(byteLines(chunks, LONGEST_LINE));
  try {
    await prepareSession(db);
    const { value: first } = await lines.next();
    const header = first && parseBackupLine(first.bytes.toString());
    if (!first || header?.kind !== "header") throw wrong(1, "this is no export of tts-monitor");
    await lockEmptyTables(db);
    await requireVersion(db, header);
    const tally = createTally();
    tally.add(first.bytes);
    await withoutTaskTriggers(db, () => restoreRows(db, lines, tally));
    await beginHearing(db);
    return tally.rows;
  } finally {
    // Whoever still writes to a pipe must not wait for us.
    await lines.return(undefined);
  }
}

interface NumberedLine {
  number: number;
  bytes: Buffer;
}

async function* numbered(lines: AsyncIterable<Buffer>): AsyncGenerator<NumberedLine, undefined, undefined> {
  let number = 0;
  try {
    for await (const bytes of lines) yield { number: ++number, bytes };
  } catch (error) {
    throw error instanceof RangeError ? wrong(number + 1, error.message) : error;
  }
}

async function restoreRows(
  db: Queryable,
  lines: AsyncIterable<NumberedLine>,
  tally: BackupTally,
): Promise<void> {
  const batch = createBatch(db);
  let ended = false;
  let last = 1;
  for await (const { number, bytes } of lines) {
    last = number;
    if (ended) throw wrong(number, "the export ends before it");
    const line = parseBackupLine(bytes.toString());
    if (line?.kind === "row") {
      tally.add(bytes, line.table);
      await batch.add(line, number);
    } else if (line?.kind === "trailer") {
      requireSame(line, tally, number);
      ended = true;
    } else {
      throw wrong(number, "this is no line of an export, or breaks off");
    }
  }
  if (!ended) throw wrong(last, "the export breaks off after it: its last line is missing");
  await batch.flush();
}

/** The columns are the schema version's, and a column that the other version lacks would be lost without a word. */
async function requireVersion(
  db: Queryable,
  { format, schemaVersion, program }: BackupHeader,
): Promise<void> {
  if (format !== BACKUP_FORMAT) {
    throw wrong(1, `the export has format ${format}, this program knows ${BACKUP_FORMAT}`);
  }
  await requireOwnSchema(db);
  if (schemaVersion !== SCHEMA_VERSION) {
    throw wrong(
      1,
      `the export is of schema version ${schemaVersion}, the database's is ${SCHEMA_VERSION}: import it with ` +
        `tts-monitor ${program}, which made it, and migrate then`,
    );
  }
}

function requireSame(trailer: BackupTrailer, tally: BackupTally, number: number): void {
  for (const [table, rows] of Object.entries(tally.rows)) {
    const said = trailer.rows[table];
    if (said !== rows)
      throw wrong(number, `the export has ${counted(rows, "row")} of ${table}, and ought to have ${said}`);
  }
  if (tally.sha256() !== trailer.sha256) {
    throw wrong(number, "a line before it was altered: its digest is another one");
  }
}

/** No worker could be heard while there was no database: each has its heartbeat timeout from now on. */
async function beginHearing(db: Queryable): Promise<void> {
  await db.query(
    "update tts_monitor.reachability set since = clock_timestamp(), answered_at = clock_timestamp()",
  );
}

function wrong(line: number, what: string): OperationError {
  return new OperationError(`line ${line}: ${what}`);
}
