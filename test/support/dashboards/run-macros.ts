import type { TimeRange } from "./run-range.ts";

// Up to the next parenthesis that closes, whichever one that is: no argument can be a call. `macros.go` in grafana/grafana's
// pkg/tsdb/grafana-postgresql-datasource.
const MACRO = /\$(\w+)\(([^)]*)\)/g;

/**
 * PostgreSQL's macros of the page's time, those that our queries use:
 * https://grafana.com/docs/grafana/latest/datasources/postgres/query-editor/#macros
 * @throws for any other one
 */
export function expandMacros(sql: string, { from, to }: TimeRange): string {
  const [begin, end] = [from, to].map((time) => `'${new Date(time).toISOString()}'`);
  return sql.replace(MACRO, (macro, name: string, args: string) => {
    const [column = ""] = args.split(",").map((arg) => arg.trim());
    switch (name) {
      case "__timeFilter":
        return `${column} BETWEEN ${begin} AND ${end}`;
      case "__timeFrom":
        return `${begin}`;
      case "__timeTo":
        return `${end}`;
      default:
        throw new Error(`${macro} is no macro that is known here: ${sql}`);
    }
  });
}
