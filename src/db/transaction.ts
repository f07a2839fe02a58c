import type pg from "pg";
import { TtsMonitorError } from "../errors.ts";

/** Each statement sees what was committed before it, whatever the database's default is. */
export const READ_COMMITTED = "isolation level read committed";

const SNAPSHOT = "isolation level repeatable read";
/** Sees one state of the database all through. */
export const READ_ONLY_SNAPSHOT = `${SNAPSHOT} read only`;
/**
 * The same, one at a time. The lock keeps nobody else from reading or writing, and comes before the snapshot, so that
 * who waited for it sees what the one before has done.
 */
export const SINGLE_SNAPSHOT = `${SNAPSHOT}; lock table tts_monitor.settings in share update exclusive mode`;

/**
 * Runs the work in one transaction, on one connection of the pool; an error undoes it.
 * @param kind as SQL, what comes after `begin`
 */
export async function inTransaction<T>(
  pool: pg.Pool,
  kind: string,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query(`begin ${kind}`);
    const result = await work(client);
    await client.query("commit");
    client.release();
    return result;
  } catch (error) {
    await undo(client, error);
    throw error;
  }
}

/** Undoes what a decision of ours has ended; after any other error the connection may be broken, and is closed. */
async function undo(client: pg.PoolClient, error: unknown): Promise<void> {
  const undone =
    error instanceof TtsMonitorError &&
    (await client.query("rollback").then(
      () => true,
      () => false,
    ));
  client.release(!undone);
}
