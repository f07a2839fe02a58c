import type pg from "pg";
import type { Queryable } from "../../src/db/pool.ts";

/** What became of a node of a plan, as `explain (analyze, format json)` tells it; all numbers for one loop. */
export interface Plan {
  "Node Type": string;
  "Relation Name"?: string;
  "Actual Rows": number;
  "Actual Loops": number;
  "Rows Removed by Filter"?: number;
  "Rows Removed by Join Filter"?: number;
  "Rows Removed by Index Recheck"?: number;
  "Shared Hit Blocks": number;
  "Shared Read Blocks": number;
  Plans?: Plan[];
}

/** The node and all below it. */
export const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];

/** How many pages the node and all below it have read. */
export const buffersOf = (plan: Plan): number => plan["Shared Hit Blocks"] + plan["Shared Read Blocks"];

/** How many rows the node looked at, those included that it did not want. */
export function lookedAt(node: Plan): number {
  const removed = ["Filter", "Join Filter", "Index Recheck"] as const;
  const rows = removed.reduce((sum, by) => sum + (node[`Rows Removed by ${by}`] ?? 0), node["Actual Rows"]);
  return rows * node["Actual Loops"];
}

/** The plans of all statements that the work sends; each is executed for its plan, and again for its answer. */
export async function plansOf(pool: pg.Pool, work: (db: Queryable) => Promise<unknown>): Promise<Plan[]> {
  const plans: Plan[] = [];
  const explaining = {
    async query(sql: string, values?: unknown[]) {
      const answer = await pool.query(`explain (analyze, buffers, format json) ${sql}`, values);
      plans.push(answer.rows[0]["QUERY PLAN"][0].Plan);
      return pool.query(sql, values);
    },
  };
  await work(explaining as unknown as Queryable);
  return plans;
}

export interface ExplainedStatement {
  text: string;
  plan: Plan;
}

/**
 * Tells from now on every statement of this session with its plan, those of functions and triggers, too: by
 * auto_explain, which comes with PostgreSQL.
 * @param client a superuser's
 */
export async function explainEverything(
  client: pg.Client,
  onStatement: (statement: ExplainedStatement) => void,
): Promise<void> {
  client.on("notice", ({ message }) => {
    const json = /^duration: .* plan:\n(.*)$/s.exec(message ?? "")?.[1];
    if (json === undefined) return;
    const { "Query Text": text, Plan: plan } = JSON.parse(json);
    onStatement({ text, plan });
  });
  await client.query("load 'auto_explain'");
  await client.query(`
    set auto_explain.log_analyze = on; set auto_explain.log_nested_statements = on;
    set auto_explain.log_format = json; set auto_explain.log_level = notice;
    set auto_explain.log_min_duration = 0`);
}
