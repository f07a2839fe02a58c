import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findProgram } from "../../src/demo/programs.ts";
import { eventually } from "../../test/support/eventually.ts";
import { freePort } from "../../test/support/ports.ts";
import { makeFolder } from "../../test/support/temporary-server.ts";
import { start } from "../support/process.ts";
import type { BenchDatabase } from "../support/server.ts";
import { COMPLETED_TEXTS, TEXTS } from "./counts.ts";

const PROGRAM = "prometheus-sql-exporter";
const ROLE = "sql_exporter";
const PASSWORD = "sql_exporter";
const INTERVAL = 500;
const PATIENCE = 60_000;

export interface SqlExporter {
  /** Runs its queries once. @returns how long the server had to do with them, ms */
  count(): Promise<number>;
}

export function isSqlExporterThere(): boolean {
  return findProgram(PROGRAM) !== undefined;
}

/**
 * Debian's prometheus-sql-exporter with the post-mortem's two queries. It asks the database at intervals, not when it
 * is scraped, and answers from what it remembers: so it is frozen but for one run at a time, and what counts is the
 * time of its queries in the server, by pg_stat_statements. Its own work, its connection's and HTTP are left out, which
 * is in its favour: of ours, all is measured.
 */
export async function withSqlExporter(
  { pool, server }: BenchDatabase,
  work: (exporter: SqlExporter) => Promise<void>,
): Promise<void> {
  await pool.query(ROLE_SQL);
  const folder = makeFolder();
  const config = join(folder, "config.yml");
  const { port, pathname } = new URL(server.url);
  writeFileSync(
    config,
    configOf(`postgres://${ROLE}:${PASSWORD}@127.0.0.1:${port}${pathname}?sslmode=disable`),
  );
  const address = `127.0.0.1:${await freePort()}`;
  const exporter = start(PROGRAM, ["-config.file", config, "-web.listen-address", address]);
  const scrape = async () => (await fetch(`http://${address}/metrics`)).text();
  try {
    await eventually("the peer has counted", async () => /^sql_completed\{/m.test(await scrape()), PATIENCE);
    await eventually("its queries have ended", isIdle, PATIENCE);
    process.kill(exporter.pid, "SIGSTOP");
    await work({ count: runOnce });
  } finally {
    process.kill(exporter.pid, "SIGCONT");
    await exporter.end();
    rmSync(folder, { recursive: true, force: true });
  }

  async function runOnce(): Promise<number> {
    await eventually("its queries have ended", isIdle, PATIENCE);
    await sleep(INTERVAL);
    await pool.query(`select pg_stat_statements_reset('${ROLE}'::regrole)`);
    return thawed(() => eventually("the peer has counted", timeOfRun, PATIENCE));
  }

  async function thawed<T>(ask: () => Promise<T>): Promise<T> {
    process.kill(exporter.pid, "SIGCONT");
    try {
      return await ask();
    } finally {
      process.kill(exporter.pid, "SIGSTOP");
    }
  }

  async function timeOfRun(): Promise<number | undefined> {
    const { rows } = await pool.query<{ calls: number; time: number }>(
      `select calls::integer, total_exec_time as time from pg_stat_statements
       where userid = '${ROLE}'::regrole and query like '%count(%'`,
    );
    if (rows.length < 2) return undefined;
    return rows.reduce((sum, { calls, time }) => sum + time / calls, 0);
  }

  async function isIdle(): Promise<boolean> {
    const { rowCount } = await pool.query(
      "select from pg_stat_activity where usename = $1 and state <> 'idle'",
      [ROLE],
    );
    return rowCount === 0;
  }
}

const ROLE_SQL = `
  do $$ begin
    if not exists (select from pg_roles where rolname = '${ROLE}') then
      create role ${ROLE} login password '${PASSWORD}';
    end if;
  end $$;
  grant select on tts_texts, tts_audios to ${ROLE};`;

function configOf(url: string): string {
  const query = (name: string, sql: string) => `
      - name: ${name}
        help: as the post-mortem counted
        values: [count]
        query: ${JSON.stringify(sql.replaceAll(/\s+/g, " ").trim())}`;
  return `
jobs:
  - name: post_mortem
    interval: ${INTERVAL}ms
    connections: ["${url}"]
    queries:${query("texts", TEXTS)}${query("completed", COMPLETED_TEXTS)}
`;
}
