import type pg from "pg";
import type { Config } from "../config.ts";
import { trackAppTables } from "../db/app-tables.ts";
import { withClient } from "../db/connect.ts";
import { differences, driftOf, type Figure, LEDGERS, type LedgerName } from "../domain/audit.ts";
import type { Repair } from "../domain/repair.ts";
import { audit } from "../jobs/audit.ts";
import { repairTasks } from "../jobs/repair.ts";
import type { Command, CommandIo } from "./command.ts";
import { withDatabase } from "./with-database.ts";

const DRIFTED = 1;

export const auditCommand: Command<"audit"> = {
  name: "audit",
  summary: "recounts the ledgers against the rows; exit code 1 where they disagree",
  run: (config, io) =>
    withDatabase("audit", config.database.url, io, async (pool) => {
      const drifted = await recount(pool, io);
      if (drifted.length === 0) return 0;
      if (!config.repair) return DRIFTED;
      for (const ledger of drifted) await repair(ledger, pool, config, io);
      return (await recount(pool, io)).length === 0 ? 0 : DRIFTED;
    }),
};

/** Prints what it finds. @returns the ledgers that disagree with their rows */
async function recount(pool: pg.Pool, { print }: CommandIo): Promise<LedgerName[]> {
  const drifted: LedgerName[] = [];
  for (const ledger of LEDGERS) {
    const figures = await audit(pool, ledger);
    for (const line of report(ledger, figures)) print(line);
    if (figures && differences(figures).length > 0) drifted.push(ledger);
  }
  return drifted;
}

function report(ledger: LedgerName, figures: Figure[] | undefined): string[] {
  if (!figures) return [`${ledger}: no ledger, the application's tables carry no triggers`];
  return [
    `${ledger}: drift ${driftOf(figures)}`,
    ...differences(figures).map(
      (figure) => `  ${figure.name}: ledger ${figure.ledger}, rows ${figure.recount}`,
    ),
  ];
}

async function repair(
  ledger: LedgerName,
  pool: pg.Pool,
  { database }: Config<"audit">,
  { print }: CommandIo,
): Promise<void> {
  if (ledger === "tasks") print(`${ledger}: booked ${inWords(await repairTasks(pool))}`);
  else {
    await withClient(database.url, "tts-monitor audit", trackAppTables);
    print(`${ledger}: counted anew`);
  }
}

function inWords({ created, started, ended, vanished, deleted }: Repair): string {
  const bookings = {
    created,
    started,
    ...ended,
    "ended for want of their rows": vanished,
    deleted: vanished + deleted.completed + deleted.failed + deleted.timeout,
  };
  const booked = Object.entries(bookings).filter(([, count]) => count > 0);
  return booked.map(([name, count]) => `${count} ${name}`).join(", ") || "nothing, it agrees by now";
}
