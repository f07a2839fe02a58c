import pg from "pg";
import type { Logger } from "../logger.ts";

export type Queryable = Pick<pg.ClientBase, "query">;

export interface PoolOptions {
  url: string;
  /** at most this many connections */
  max: number;
  /** shown in pg_stat_activity, so that an operator knows whose session it is */
  applicationName: string;
  /** longest statement, ms */
  statementTimeout: number;
  /** ms, where less is wanted than the 2000 that nobody waits beyond */
  lockTimeout?: number;
  log: Pick<Logger, "debug">;
}

/** ms */
export const CONNECT_TIMEOUT = 3000;
const LOCK_TIMEOUT = 2000;
const IDLE_IN_TRANSACTION_TIMEOUT = 10_000;
// The server's own timeout must come first: a query given up by the client goes on in the server.
const CLIENT_MARGIN = 500;

/**
 * A startup option of sessions: one whose client went without a word stays in the server, beside the one that replaced
 * it, for half a minute instead of two hours.
 */
export const KEEPALIVES = "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3";
// Every guard here counts on seeing what was committed while it waited, whatever the database's default is.
const ISOLATION = "-c default_transaction_isolation=read\\ committed";

// pg reads bigint as text, because a double cannot hold it; BigInt can.
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: "text" | "binary") =>
    oid === pg.types.builtins.INT8
      ? BigInt
      : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

/** A pool in which nothing can wait for ever: every timeout that pg leaves out by default is set. */
export function createPool(options: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.max,
    application_name: options.applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    statement_timeout: options.statementTimeout,
    query_timeout: options.statementTimeout + CLIENT_MARGIN,
    lock_timeout: Math.min(LOCK_TIMEOUT, options.lockTimeout ?? LOCK_TIMEOUT, options.statementTimeout),
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT,
    options: `${ISOLATION} ${KEEPALIVES}`,
    keepAlive: true,
    allowExitOnIdle: true,
    types,
  });
  // pg replaces it by itself; unheard, its error would end the process.
  pool.on("error", (error) => options.log.debug({ err: error }, "an idle database connection broke"));
  // Also a checked-out client emits an error when its connection breaks between two queries.
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}
