import type pg from "pg";
import { createPool } from "../db/pool.ts";
import { readSchema, schemaProblem } from "../db/schema.ts";
import { isConnectionError } from "../db/sqlstate.ts";
import { codeOf, reasonOf } from "../domain/thrown.ts";
import { DatabaseUnavailableError, OperationError, TtsMonitorError } from "../errors.ts";
import type { CommandIo } from "./command.ts";

// Nobody waits behind a command that an operator has called.
const STATEMENT_TIMEOUT = 60_000;
const LOCK_NOT_AVAILABLE = "55P03";

/**
 * Runs a command's work on a database whose schema is ours.
 * @throws DatabaseUnavailableError, OperationError: one line says what is wrong
 */
export async function withDatabase<T>(
  command: string,
  url: string,
  { log }: CommandIo,
  work: (pool: pg.Pool) => Promise<T>,
): Promise<T> {
  const pool = createPool({
    url,
    max: 1,
    applicationName: `tts-monitor ${command}`,
    statementTimeout: STATEMENT_TIMEOUT,
    log,
  });
  try {
    const problem = schemaProblem(await readSchema(pool));
    if (problem) throw new OperationError(problem);
    return await work(pool);
  } catch (error) {
    throw inOneLine(error);
  } finally {
    await pool.end();
  }
}

/** What a command's user is told of what went wrong with the database. */
export function inOneLine(error: unknown): TtsMonitorError {
  if (error instanceof TtsMonitorError) return error;
  if (isConnectionError(error)) {
    return new DatabaseUnavailableError(`the database does not answer: ${reasonOf(error)}`, { cause: error });
  }
  if (codeOf(error) === LOCK_NOT_AVAILABLE) {
    return new OperationError("another session holds a lock that this needs: try again when it is done", {
      cause: error,
    });
  }
  return new OperationError(`the database refused it: ${reasonOf(error)}`, { cause: error });
}
