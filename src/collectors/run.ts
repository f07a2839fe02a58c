import type { QueryResultRow } from "pg";
import { lastOf } from "../domain/last-of.ts";
import type { Collector, Measurement, Reader } from "./collector.ts";

export interface CollectorResult {
  collector: string;
  /** undefined when the collector failed */
  measurements?: Measurement[];
  error?: Error;
  seconds: number;
}

const LONGEST = 1500;
// Left at the end for the commit and the rendering.
const RESERVE = 50;

/**
 * Runs the collectors one after the other inside the snapshot's transaction. Each has a savepoint and a time
 * limit of its own, so one that fails or hangs costs its own families only.
 * @param deadline on the clock of `performance.now()`, ms
 * @throws whatever `isFatal` says of: the connection itself is gone
 */
export async function runCollectors(
  db: Reader,
  collectors: readonly Collector[],
  deadline: number,
  isFatal: (error: unknown) => boolean,
): Promise<CollectorResult[]> {
  const results: CollectorResult[] = [];
  for (const collector of collectors) {
    const begin = performance.now();
    const limit = Math.floor(Math.min(LONGEST, deadline - begin - RESERVE));
    results.push({
      collector: collector.name,
      ...(await runOne(db, collector, limit, isFatal)),
      seconds: (performance.now() - begin) / 1000,
    });
  }
  return results;
}

async function runOne(
  db: Reader,
  collector: Collector,
  limit: number,
  isFatal: (error: unknown) => boolean,
): Promise<Pick<CollectorResult, "measurements" | "error">> {
  if (limit <= 0) return { error: new Error("no time was left for it") };
  try {
    // Not released: it would be one more round trip, for what ends with the transaction anyway.
    const guard = `savepoint collector; set local statement_timeout = ${limit}`;
    const reading = await collector.read(beginningWith(guard, db));
    return { measurements: collector.measure(reading) };
  } catch (error) {
    if (isFatal(error)) throw error;
    await db.query("rollback to savepoint collector");
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }
}

/** Sends it with the first query, which is one round trip less where that query has no values. */
function beginningWith(first: string, db: Reader): Reader {
  let begun = false;
  return {
    async query<Row extends QueryResultRow>(sql: string, values?: unknown[]) {
      const begins = !begun;
      begun = true;
      if (begins && !values) return lastOf(await db.query<Row>(`${first}; ${sql}`));
      if (begins) await db.query(first);
      return db.query<Row>(sql, values);
    },
  };
}
