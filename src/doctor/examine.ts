import type { Config } from "../config.ts";
import { createPool } from "../db/pool.ts";
import { isConnectionError } from "../db/sqlstate.ts";
import type { Logger } from "../logger.ts";
import { type Check, type DatabaseSight, type Finding, warn } from "./check.ts";
import { couldNotLook, noAnswer } from "./failure.ts";
import { findDatabase } from "./find-database.ts";
import { IN_THE_DATABASE, ON_THIS_MACHINE } from "./list.ts";

const STATEMENT_TIMEOUT = 5000;

export interface Report {
  /** told of each finding, in the order of the list */
  tell(name: string, finding: Finding): void;
  log: Logger;
}

/** Makes every check that can be made, over at most two connections at a time; changes nothing. */
export async function examine(config: Config<"doctor">, { tell, log }: Report): Promise<void> {
  for (const check of ON_THIS_MACHINE) tell(check.name, await check.look({ config }));
  const database = findDatabase(config);
  if ("finding" in database) {
    const [server, ...rest] = IN_THE_DATABASE;
    tell(server?.name ?? "database", database.finding);
    tell("not run", untilMended(rest));
    return;
  }
  const pool = createPool({
    url: database.url,
    max: 1,
    applicationName: "tts-monitor doctor",
    statementTimeout: STATEMENT_TIMEOUT,
    log,
  });
  try {
    await examineDatabase({ config, url: database.url, pool }, { tell, log });
  } finally {
    await pool.end();
  }
}

async function examineDatabase(sight: DatabaseSight, { tell, log }: Report): Promise<void> {
  for (const [index, check] of IN_THE_DATABASE.entries()) {
    let away = false;
    const finding = await check.look(sight).catch((error: unknown) => {
      log.debug({ err: error }, `the check ${check.name} failed`);
      away = isConnectionError(error) || index === 0;
      return away ? noAnswer(error, sight.url) : couldNotLook(error, sight.url);
    });
    tell(check.name, finding);
    const rest = IN_THE_DATABASE.slice(index + 1);
    if (rest.length > 0 && (away || (check.gate && finding.level === "fail"))) {
      tell("not run", untilMended(rest));
      return;
    }
  }
}

function untilMended(rest: readonly Check<DatabaseSight>[]): Finding {
  return warn(rest.map(({ name }) => name).join(", "), "mend the line above, and run this again");
}
