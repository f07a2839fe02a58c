import type pg from "pg";
import { createPool } from "../../src/db/pool.ts";
import { silentLogger } from "../../src/logger.ts";

/** A pool as the program has them, for a test that is to end it. @param statementTimeout ms */
export function openPool(url: string, name: string, max: number, statementTimeout = 5000): pg.Pool {
  return createPool({ url, max, applicationName: name, statementTimeout, log: silentLogger });
}
