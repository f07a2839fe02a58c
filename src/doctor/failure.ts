import pg from "pg";
import { isTransient } from "../db/sqlstate.ts";
import { hostPort } from "../domain/address.ts";
import { codeOf, reasonOf } from "../domain/thrown.ts";
import { type Finding, fail, warn } from "./check.ts";
import { grantCommand, roleOf, shellWord } from "./commands.ts";

const NOT_ALLOWED = "42501";

/** A check that could not look, as a finding. @param url of the database */
export function couldNotLook(error: unknown, url: string): Finding {
  const found = `could not be looked at: ${reasonOf(error)}`;
  if (codeOf(error) === NOT_ALLOWED) return fail(found, grantCommand(roleOf(url)));
  if (isTransient(error)) {
    return warn(
      found,
      "run this again; `select pid, state, query from pg_stat_activity` tells what keeps the database busy",
    );
  }
  return fail(found, "`tts-monitor doctor --log.level debug` shows the error whole");
}

/** A database that cannot be asked at all. @param url of the database; its password is not repeated */
export function noAnswer(error: unknown, url: string): Finding {
  const { host, port, database } = new pg.Client(url);
  return fail(
    `${hostPort(host, port)} does not answer: ${reasonOf(error)}`,
    howToReach(codeOf(error), host, port, database),
  );
}

function howToReach(code: string, host: string, port: number, database = ""): string {
  switch (code) {
    case "28P01":
    case "28000":
      return "check user and password of --database.url (or DATABASE_URL), and the server's pg_hba.conf";
    case "3D000":
      return `\`createdb -h ${shellWord(host)} -p ${port} ${shellWord(database)}\`, then \`tts-monitor migrate\``;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "check the host's name in --database.url (or DATABASE_URL)";
    case "53300":
      return "raise max_connections, or end sessions that nobody needs: `select pid, application_name from pg_stat_activity`";
    default:
      return `\`pg_isready -h ${shellWord(host)} -p ${port}\`: does it run there, and does --database.url name it?`;
  }
}
