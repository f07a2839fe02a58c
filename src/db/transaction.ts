import type pg from "pg";

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
    // Closed rather than rolled back: it may be broken.
    client.release(true);
    throw error;
  }
}
