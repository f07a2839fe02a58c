import type pg from "pg";
import { inTime } from "../domain/in-time.ts";
import { lastOf } from "../domain/last-of.ts";
import { DatabaseUnavailableError } from "../errors.ts";
import { readSchema, type Schema, schemaProblem } from "./schema.ts";
import { READ_ONLY_SNAPSHOT } from "./transaction.ts";

export interface Snapshot {
  client: pg.PoolClient;
  schema: Schema;
  /** seconds since the epoch, by the database's clock */
  takenAt: number;
  /** seconds by which the database's clock is ahead of ours */
  clockSkew: number;
}

const LOCK_TIMEOUT = 500;

/**
 * Reads from one snapshot: whatever the work asks, it sees one state of the database.
 * @param deadline on the clock of `performance.now()`, ms; past it the connection is thrown away, whatever the
 *   server does
 * @throws DatabaseUnavailableError when it does not answer by then, or its schema is not ours
 */
export async function withSnapshot<T>(
  pool: pg.Pool,
  deadline: number,
  work: (snapshot: Snapshot) => Promise<T>,
): Promise<T> {
  const connecting = pool.connect();
  let client: pg.PoolClient;
  try {
    client = await beforeDeadline(connecting, deadline);
  } catch (error) {
    connecting.then(
      (late) => late.release(),
      () => {},
    );
    throw error;
  }
  try {
    const result = await beforeDeadline(read(client, work), deadline);
    client.release();
    return result;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

async function read<T>(client: pg.PoolClient, work: (snapshot: Snapshot) => Promise<T>): Promise<T> {
  const before = Date.now();
  const { rows } = lastOf(
    await client.query<{ now: number }>(
      `begin ${READ_ONLY_SNAPSHOT}; set local lock_timeout = ${LOCK_TIMEOUT};
       select extract(epoch from clock_timestamp())::float8 as now`,
    ),
  );
  const takenAt = rows[0]?.now ?? 0;
  const clockSkew = takenAt - (before + Date.now()) / 2000;
  const schema = await readSchema(client);
  const problem = schemaProblem(schema);
  if (problem) throw new DatabaseUnavailableError(problem);
  const result = await work({ client, schema, takenAt, clockSkew });
  await client.query("commit");
  return result;
}

function beforeDeadline<T>(promise: Promise<T>, deadline: number): Promise<T> {
  return inTime(promise, Math.max(0, deadline - performance.now()), () => {
    throw new DatabaseUnavailableError("the database did not answer in time");
  });
}
