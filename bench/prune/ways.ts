import { resolve } from "node:path";
import type pg from "pg";
import { withClient } from "../../src/db/connect.ts";
import { start } from "../support/process.ts";

/** Who removes what is past its retention, and how. */
export type Way = "tts-monitor prune" | "one DELETE";
export const WAYS: readonly Way[] = ["tts-monitor prune", "one DELETE"];

/** @param retention days @returns s that it took, and how many tasks it removed */
export async function prune(
  way: Way,
  url: string,
  retention: number,
): Promise<{ seconds: number; removed: number }> {
  const begin = performance.now();
  const removed = await (way === "one DELETE" ? deleteAtOnce(url, retention) : runCommand(url, retention));
  return { seconds: (performance.now() - begin) / 1000, removed };
}

/** Built, and as users run it. */
async function runCommand(url: string, retention: number): Promise<number> {
  const flags = [`--database.url=${url}`, `--retention.tasks=${retention}d`];
  const output = await start(process.execPath, [resolve("dist/cli.js"), "prune", ...flags]).done();
  const [, removed] = /removed (\d+) tasks?,/.exec(output) ?? [];
  if (removed === undefined) throw new Error(output);
  return Number(removed);
}

/** The job that most have in their crontab. */
async function deleteAtOnce(url: string, retention: number): Promise<number> {
  const { rowCount } = await withClient(url, "one DELETE", (client) =>
    client.query("delete from tts_monitor.tasks where finished_at < now() - $1 * interval '1 day'", [
      retention,
    ]),
  );
  return rowCount ?? 0;
}

/** s, of the statements that removed tasks since the last reset of pg_stat_statements */
export async function longestStatement(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ longest: number | null }>(
    `select max(max_exec_time) / 1000 as longest from pg_stat_statements
     where query like '%delete from tts_monitor.tasks%'`,
  );
  const longest = rows[0]?.longest;
  if (!longest) throw new Error("pg_stat_statements knows no statement that removes tasks");
  return longest;
}

/** Where the log's end is, bytes. */
export async function walPosition(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ bytes: string }>(
    "select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') as bytes",
  );
  return Number(rows[0]?.bytes);
}
