import pg from "pg";

export type Queryable = Pick<pg.ClientBase, "query">;

export interface PoolOptions {
  url: string;
  /** at most this many connections */
  max: number;
  /** shown in pg_stat_activity, so that an operator knows whose session it is */
  applicationName: string;
  /** longest statement, ms */
  statementTimeout: number;
  /** told of connections that broke while idle; pg replaces them by itself */
  onError(error: Error): void;
}

const CONNECT_TIMEOUT = 3000;
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
    lock_timeout: Math.min(LOCK_TIMEOUT, options.statementTimeout),
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT,
    options: `${ISOLATION} ${KEEPALIVES}`,
    keepAlive: true,
    allowExitOnIdle: true,
    types,
  });
  pool.on("error", options.onError);
  // Also a checked-out client emits an error when its connection breaks between two queries.
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}

const CONNECTION_ERRORS = new Set(["57P01", "57P02", "57P03", "25006", "53300"]);

/**
 * Whether the database could not be asked at all, as opposed to refusing the statement: the connection broke or
 * was never made, the server is starting, stopping, read-only (a demoted primary) or out of connections.
 */
export function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? String(error.code) : "";
  return (
    CONNECTION_ERRORS.has(code) ||
    code.startsWith("08") ||
    /^E(AI_)?[A-Z]+$/.test(code) ||
    /Connection terminated|timeout exceeded when trying to connect|Query read timeout|not queryable/i.test(
      error.message,
    )
  );
}

// A lock or a statement timed out, a deadlock, a conflict, a full disk, no memory.
const PASSING_ERRORS = new Set(["55P03", "57014", "40P01", "40001", "53100", "53200"]);

/** Whether the same statement may well succeed later. */
export function isTransient(error: unknown): boolean {
  if (isConnectionError(error)) return true;
  return error instanceof Error && "code" in error && PASSING_ERRORS.has(String(error.code));
}
