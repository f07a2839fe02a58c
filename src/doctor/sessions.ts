import { formatDuration } from "../domain/duration.ts";
import { type Check, type DatabaseSight, inWords, ok, question, rowsOf, warn } from "./check.ts";

const PATIENCE = 300_000;

/**
 * Does a forgotten transaction keep locks, and vacuum from its work?
 * @param patience ms
 */
export function sessionsCheck(patience = PATIENCE): Check<DatabaseSight> {
  return question("sessions", async (db) => {
    const idle = await rowsOf<{ pid: number; application: string }>(db, SQL, [patience]);
    const since = `idle in a transaction for more than ${formatDuration(patience)}`;
    const [first] = idle;
    if (!first) return ok(`none that this role may see is ${since}`);
    return warn(
      `${since}: ${inWords(idle.map(({ pid, application }) => `pid ${pid} (${application || "nameless"})`))}`,
      `\`select pg_terminate_backend(${first.pid})\`, and idle_in_transaction_session_timeout for its role`,
    );
  });
}

const SQL = `
  select pid, application_name as application from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid() and state like 'idle in transaction%'
    and state_change < clock_timestamp() - $1::float8 * interval '1 millisecond'
  order by state_change`;
