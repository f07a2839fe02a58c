import type { Queryable } from "../db/pool.ts";
import { differences, driftOf, type Figure, type LedgerName } from "../domain/audit.ts";
import { codeOf } from "../domain/thrown.ts";
import { compareTasks, compareTexts } from "../jobs/compare.ts";
import { type Check, type DatabaseSight, fail, ok, question, warn } from "./check.ts";

const BUDGET = 10_000;
const STATEMENT_TIMEOUT = "57014";

/**
 * Does a ledger say what the rows say? The recount that `audit` makes, as far as the time allows.
 * @param timeLimit begins with each look
 */
export function driftCheck(
  ledger: LedgerName,
  timeLimit = () => AbortSignal.timeout(BUDGET),
): Check<DatabaseSight> {
  const compare: (db: Queryable, stop: AbortSignal) => Promise<Figure[] | undefined> = {
    tasks: compareTasks,
    texts: compareTexts,
  }[ledger];
  return question(`ledger of ${ledger}`, async (db, { config }) => {
    if (ledger === "texts" && !config.collector.texts) return ok("texts are not counted");
    const timeUp = timeLimit();
    try {
      const figures = await compare(db, timeUp);
      return figures ? judge(figures) : ok("none is kept: the tables carry no triggers");
    } catch (error) {
      if (!timeUp.aborted && codeOf(error) !== STATEMENT_TIMEOUT) throw error;
      return warn(
        "too many rows to recount them in passing",
        "`tts-monitor audit` takes the time that it needs",
      );
    }
  });
}

function judge(figures: readonly Figure[]) {
  const drift = driftOf(figures);
  if (drift === 0) return ok("agrees with the rows");
  const details = differences(figures).map(
    ({ name, ledger, recount }) => `${name} ${ledger}, rows ${recount}`,
  );
  return fail(
    `disagrees with the rows by ${drift}: ${details.join("; ")}`,
    "look first at triggers, above; then `tts-monitor audit --repair` (docs/runbooks/TTSLedgerDrift.md)",
  );
}
