import type pg from "pg";
import { migrate } from "../../src/db/migrate.ts";
import type { BenchDatabase } from "../support/server.ts";

const WORKERS_ROLE = "bench_worker";

export interface SentStatement {
  text: string;
  calls: number;
  /** ms in the server, all calls together */
  time: number;
}

/** A role for workers alone, so that their statements can be told from all others. @returns its address */
export async function createWorkersRole({ pool, url }: BenchDatabase): Promise<string> {
  await pool.query(`create role ${WORKERS_ROLE} login password 'bench'`);
  await migrate(url, { writer: WORKERS_ROLE });
  const own = new URL(url);
  own.username = WORKERS_ROLE;
  own.password = "bench";
  return own.href;
}

/** What the workers have sent while the work was done, whatever it was for; what triggers do is within its time. */
export async function sentDuring(db: pg.Pool, work: () => Promise<unknown>): Promise<SentStatement[]> {
  await db.query("select pg_stat_statements_reset()");
  await work();
  const { rows } = await db.query<SentStatement>(
    `select query as text, calls::float8 as calls, total_exec_time as time
     from pg_stat_statements join pg_roles on oid = userid
     where rolname = $1 order by calls desc, query`,
    [WORKERS_ROLE],
  );
  return rows;
}

export function callsOf(sent: readonly SentStatement[]): number {
  return sent.reduce((sum, { calls }) => sum + calls, 0);
}

export function timeOf(sent: readonly SentStatement[]): number {
  return sent.reduce((sum, { time }) => sum + time, 0);
}

/** Its first words, for a table. */
export function brief(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll("|", "¦").trim().slice(0, 60);
}
