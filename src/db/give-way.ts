import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { codeOf } from "../domain/thrown.ts";
import { OperationError } from "../errors.ts";

/**
 * ms: shorter than PostgreSQL's deadlock_timeout, so that it is always we who give way to the application, whose
 * transactions queue behind our wait for no longer than this.
 */
export const LOCK_TIMEOUT = 500;
const GAVE_WAY = new Set(["55P03", "40P01"]);

/**
 * Runs the work in a transaction that gives way to whoever holds a lock it needs, and begins anew; an error undoes it.
 * @param locked what the work locks, for people
 * @param attempts of about half a second each
 * @throws OperationError when that is kept locked all the time
 */
export async function givingWay<T>(
  client: pg.ClientBase,
  { locked, attempts }: { locked: string; attempts: number },
  work: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      await client.query(`begin; set local lock_timeout = ${LOCK_TIMEOUT}`);
      const result = await work();
      await client.query("commit");
      return result;
    } catch (error) {
      await client.query("rollback");
      if (!GAVE_WAY.has(codeOf(error))) throw error;
      if (attempt === attempts) {
        throw new OperationError(`${locked} is kept locked by others: try again when they are done`);
      }
    }
    await sleep(LOCK_TIMEOUT * Math.random());
  }
}
