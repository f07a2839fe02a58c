import { codeOf, reasonOf } from "./thrown.ts";

export const APP_TABLES = ["tts_texts", "tts_audios"] as const;

/** What is wrong where the application's table is not found, in one line. */
export function appTableMissing(table: string): string {
  return `the application's table ${table} is not in the search path`;
}

const UNDEFINED_TABLE = "42P01";

/** The same, of a statement that did not find one of them; undefined for any other error. */
export function appTableProblem(error: unknown): string | undefined {
  if (codeOf(error) !== UNDEFINED_TABLE) return undefined;
  const missing = APP_TABLES.find((table) => reasonOf(error).includes(`"${table}"`));
  return missing && appTableMissing(missing);
}
