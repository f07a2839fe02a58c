import type pg from "pg";
import type { LedgerName } from "../../src/domain/audit.ts";
import { audit } from "../../src/jobs/audit.ts";

/** What an audit finds: `status: ledger/rows` for each that differs. */
export async function findings(pool: pg.Pool, ledger: LedgerName): Promise<string[] | undefined> {
  const figures = await audit(pool, ledger);
  return figures
    ?.filter((figure) => figure.ledger !== figure.recount)
    .map(({ name, ledger, recount }) => `${name}: ${ledger}/${recount}`);
}
