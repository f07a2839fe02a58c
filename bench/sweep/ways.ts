import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { ExporterProcess } from "../support/process.ts";
import type { Overdue } from "./overdue.ts";

/** Who ends the overdue, and how. */
export type Way = "ours" | "one UPDATE";
export const WAYS: readonly Way[] = ["ours", "one UPDATE"];

/** The same guard, the same triggers, and all of them at once: what the sweep would be without its batches. */
const ONE_UPDATE = `
  update tts_monitor.tasks set
    status = 'timeout', finished_at = clock_timestamp(), reason = 'deadline_exceeded'
  where status = 'processing' and deadline_at <= statement_timestamp()`;

export interface Statements {
  /** s */
  longest: number;
  calls: number;
}

/** The sweeping statements since the last reset of pg_stat_statements. */
export async function readStatements(pool: pg.Pool, way: Way): Promise<Statements> {
  const { rows } = await pool.query<Statements>(
    `select max(max_exec_time) / 1000 as longest, sum(calls)::integer as calls from pg_stat_statements
     where query like '%update tts_monitor.tasks%' and query like $1`,
    [way === "ours" ? "%overdue_tasks%" : "%deadline_at <= statement_timestamp()%"],
  );
  const [row] = rows;
  if (!row?.calls) throw new Error("pg_stat_statements knows no statement that sweeps");
  return row;
}

/** @returns s that it took */
export async function updateAtOnce(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const begin = performance.now();
    await client.query(ONE_UPDATE);
    return (performance.now() - begin) / 1000;
  } finally {
    await client.end();
  }
}

/** Waits until the exporter has told that it ended that many tasks, less those that their workers completed. */
export async function untilSwept(
  exporter: ExporterProcess,
  count: number,
  completed: () => number,
  withinMs: number,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const told = [...exporter.output().matchAll(/"tasks":(\d+),"msg":"ended overdue tasks"/g)];
    const swept = told.reduce((sum, [, tasks]) => sum + Number(tasks), 0);
    if (swept + completed() >= count) return;
    if (performance.now() > deadline)
      throw new Error(`only ${swept} of ${count} were swept:\n${exporter.output()}`);
    await sleep(50);
  }
}

/** The overdue task that a late worker would complete next: any, so that some are met by the sweep. */
export function anyOf({ first, last }: Overdue): bigint {
  return first + BigInt(Math.floor(Math.random() * Number(last - first + 1n)));
}
