import pg from "pg";
import { hostPort } from "../domain/address.ts";
import { type Check, type DatabaseSight, type Finding, fail, ok, question, rowOf, warn } from "./check.ts";
import { resetCommand } from "./commands.ts";

const OLDEST = 13;
const NEWEST = 18;

export interface ServerReading {
  version: string;
  major: number;
  standby: boolean;
  readOnly: boolean;
  /** where `readOnly` was set */
  source: string;
  role: string;
  database: string;
}

/** Does the database answer, is it one that we know, and does it take changes? */
export const serverCheck: Check<DatabaseSight> = {
  ...question("database", async (db, { url }) => {
    const { host, port } = new pg.Client(url);
    return judgeServer(await rowOf<ServerReading>(db, SQL), hostPort(host, port));
  }),
  gate: true,
};

/** @param at the server's address */
export function judgeServer(server: ServerReading, at: string): Finding {
  const { version, major, role, database } = server;
  const found = `PostgreSQL ${version} at ${at}, database ${database}, role ${role}`;
  if (server.standby) {
    return fail(
      `${found}: a standby, which takes no changes`,
      "point --database.url at the primary, or make this one it: `select pg_promote()`",
    );
  }
  if (major < OLDEST) return fail(found, `upgrade PostgreSQL: versions ${OLDEST} to ${NEWEST} are supported`);
  if (server.readOnly) {
    return fail(
      `${found}: its transactions are read-only`,
      `\`set default_transaction_read_only = off\`, then ${resetCommand({ name: "default_transaction_read_only", ...server })}`,
    );
  }
  if (major > NEWEST) {
    return warn(
      found,
      `newer than what this release was tested with (${OLDEST} to ${NEWEST}): look for a newer one`,
    );
  }
  return ok(found);
}

const SQL = `
  select
    current_setting('server_version') as version,
    current_setting('server_version_num')::integer / 10000 as major,
    pg_is_in_recovery() as standby,
    setting::boolean as "readOnly",
    source,
    current_user as role,
    current_database() as database
  from pg_settings where name = 'default_transaction_read_only'`;
