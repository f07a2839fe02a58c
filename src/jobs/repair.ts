import type pg from "pg";
import { bookRepair } from "../db/repair-store.ts";
import { inTransaction, SINGLE_SNAPSHOT } from "../db/transaction.ts";
import { planRepair, type Repair } from "../domain/repair.ts";
import type { Status } from "../domain/task.ts";
import { compareTasks } from "./compare.ts";

/**
 * Books what the tasks' ledger lacks. Rows and books move in step, so a difference seen in one snapshot stays the
 * same whatever is committed meanwhile: nobody has to be kept from writing.
 * @returns what was booked
 * @throws PostgreSQL's lock timeout while another repair is under way for long
 */
export function repairTasks(pool: pg.Pool): Promise<Repair> {
  return inTransaction(pool, SINGLE_SNAPSHOT, async (db) => {
    const figures = await compareTasks(db);
    const missing = figures.map(({ name, ledger, recount }) => [name, recount - ledger]);
    const repair = planRepair(Object.fromEntries(missing) as Record<Status, number>);
    await bookRepair(db, repair);
    return repair;
  });
}
