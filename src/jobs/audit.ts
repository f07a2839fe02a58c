import type pg from "pg";
import { inTransaction, READ_ONLY_SNAPSHOT } from "../db/transaction.ts";
import { differences, driftOf, type Figure, LEDGERS, type LedgerName } from "../domain/audit.ts";
import type { Logger } from "../logger.ts";
import { compareTasks, compareTexts } from "./compare.ts";
import type { Job } from "./job.ts";

export interface AuditOptions {
  pool: pg.Pool;
  /** ms */
  interval: number;
  /** whether the application's texts are this monitor's business */
  texts: boolean;
  /** @param drift undefined where no such ledger is kept */
  onAudited(ledger: LedgerName, drift: number | undefined): void;
  log: Logger;
}

/** Recounts the ledgers against the rows and tells the drift, which must be 0. Mending is left to people. */
export function auditJob({ pool, interval, texts, onAudited, log }: AuditOptions): Job {
  const known = new Map<LedgerName, string>();
  const ledgers = LEDGERS.filter((ledger) => ledger !== "texts" || texts);

  function tell(ledger: LedgerName, figures: Figure[] | undefined): void {
    onAudited(ledger, figures && driftOf(figures));
    const drifted = differences(figures ?? []);
    const now = JSON.stringify(drifted);
    const before = known.get(ledger) ?? "[]";
    known.set(ledger, now);
    if (now === before) return;
    if (drifted.length > 0) {
      log.warn({ ledger, drifted }, "the ledger disagrees with the rows: see `tts-monitor audit --help`");
    } else log.info({ ledger }, "the ledger agrees with the rows again");
  }

  return {
    name: "audit",
    interval,
    async run(stop) {
      for (const ledger of ledgers) tell(ledger, await audit(pool, ledger, stop));
    },
  };
}

/** A snapshot for each ledger: the longer one is held, the longer it keeps vacuum and changes of tables waiting. */
export function audit(pool: pg.Pool, ledger: LedgerName, stop?: AbortSignal): Promise<Figure[] | undefined> {
  const compare = { tasks: compareTasks, texts: compareTexts }[ledger];
  return inTransaction<Figure[] | undefined>(pool, READ_ONLY_SNAPSHOT, (db) => compare(db, stop));
}
