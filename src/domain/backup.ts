import { createHash } from "node:crypto";
import { recordOf } from "./record-of.ts";

/**
 * The tables of a backup, in the order in which they are restored: a follower needs its task, and the sequences come
 * last because no rollback takes them back.
 */
export const BACKUP_TABLES = [
  "settings",
  "task_totals",
  "workers",
  "tasks",
  "followers",
  "sequences",
] as const;
export type BackupTable = (typeof BACKUP_TABLES)[number];
export type RowCounts = Record<BackupTable, number>;

/** Of the lines' form. The columns of their rows are the schema version's. */
export const BACKUP_FORMAT = 1;

/** The first line: what the others are. */
export interface BackupHeader {
  kind: "header";
  format: number;
  schemaVersion: number;
  /** version of the program that wrote it */
  program: string;
}

/** A line of a table's row, which stays text: a JavaScript number would round a bigint. */
export interface BackupRow {
  kind: "row";
  table: BackupTable;
  row: string;
}

/** The last line: what the ones before come to. */
export interface BackupTrailer {
  kind: "trailer";
  rows: Record<string, unknown>;
  /** of all lines before, with their line breaks; hex */
  sha256: string;
}

/** @param exportedAt as text, by the database's clock */
export function headerLine(schemaVersion: number, program: string, exportedAt: string): string {
  return JSON.stringify({
    tts_monitor_export: BACKUP_FORMAT,
    schema_version: schemaVersion,
    program,
    exported_at: exportedAt,
  });
}

/** @param row JSON of an object, without a line break */
export function rowLine(table: BackupTable, row: string): string {
  return `{"table":"${table}","row":${row}}`;
}

/** Counts and digests the lines of a backup, to write its last one or to compare with it. */
export function createTally() {
  const digest = createHash("sha256");
  const rows: RowCounts = recordOf(BACKUP_TABLES, () => 0);
  return {
    rows,
    /** @param line without its line break @param table where it is a row's */
    add(line: string | Buffer, table?: BackupTable): void {
      digest.update(line).update("\n");
      if (table) rows[table]++;
    },
    /** To be called once, after all lines. */
    sha256: () => digest.digest("hex"),
  };
}

export type BackupTally = ReturnType<typeof createTally>;

/** @param sha256 of all lines before, hex */
export function trailerLine(rows: RowCounts, sha256: string): string {
  return JSON.stringify({ tts_monitor_export_end: BACKUP_FORMAT, rows, sha256 });
}

const ROW = /^\{"table":"([a-z_]+)","row":(\{.*\})\}$/s;

/** What a line says; undefined where it is none of a backup's. */
export function parseBackupLine(line: string): BackupHeader | BackupRow | BackupTrailer | undefined {
  const [, name, row] = ROW.exec(line) ?? [];
  if (name !== undefined && row !== undefined) {
    const table = BACKUP_TABLES.find((known) => known === name);
    return table && { kind: "row", table, row };
  }
  const fields = parseObject(line);
  const format = fields["tts_monitor_export"];
  const { schema_version: schemaVersion, program, rows, sha256 } = fields;
  if (typeof format === "number" && typeof schemaVersion === "number") {
    return { kind: "header", format, schemaVersion, program: String(program) };
  }
  if ("tts_monitor_export_end" in fields && typeof sha256 === "string") {
    return { kind: "trailer", rows: { ...Object(rows) }, sha256 };
  }
  return undefined;
}

function parseObject(line: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(line));
  } catch {
    return {};
  }
}
