import type { SyntaxNode } from "@lezer/common";
import { OBJECTIVES, THRESHOLDS } from "../../../prometheus/src/objectives.ts";
import { nodesOf, parseQuery, type Query, textOf } from "../promql.ts";
import { ALERTS, RECORDINGS, seriesBelow } from "../rules.ts";
import { withoutVariables } from "./queries.ts";
import type { Target } from "./read.ts";

interface Comparison {
  series: readonly string[];
  numbers: readonly number[];
}

const OPERATORS = ["Gtr", "Gte", "Lss", "Lte", "Eql", "Neq"];

/** What alerts, and their texts, compare with what; and recorded series, which leave out what is old. */
const COMPARISONS: readonly Comparison[] = [
  ...[...ALERTS, ...RECORDINGS].flatMap(({ expr }) => comparisonsIn(expr)),
  ...ALERTS.flatMap(({ annotations }) =>
    [...(annotations["description"] ?? "").matchAll(/query "([^"]*)"/g)].flatMap(([, expr = ""]) =>
      comparisonsIn(expr),
    ),
  ),
  {
    series: ["tts_db_slo_events_total", "tts:slo_objective:ratio"],
    numbers: Object.values(OBJECTIVES).flatMap(({ objective }) => [objective, 1 - objective]),
  },
];

/** Rows of PostgreSQL have no series to go by. */
const OF_ROWS = numbersIn(THRESHOLDS);

/** The numbers with which alerts compare the series that the queries read, directly or through recorded ones. */
export function comparedNumbers(targets: readonly Target[]): number[] {
  const exprs = targets.flatMap(({ expr }) => (expr === undefined ? [] : [withoutVariables(expr)]));
  const rows = targets.some(({ rawSql }) => rawSql !== undefined) ? OF_ROWS : [];
  return [...rows, ...numbersFor(exprs.flatMap(seriesBelow))];
}

/** The numbers with which an expression compares what no alert compares with them. */
export function otherNumbers(expr: string): number[] {
  return comparisonsIn(expr).flatMap(({ series, numbers }) => {
    const known = [0, 1, ...numbersFor(series)];
    return numbers.filter((number) => !known.includes(number));
  });
}

function numbersFor(series: readonly string[]): number[] {
  return COMPARISONS.filter((one) => one.series.some((name) => series.includes(name))).flatMap(
    ({ numbers }) => numbers,
  );
}

function comparisonsIn(expr: string): Comparison[] {
  const query = parseQuery(expr);
  return nodesOf(query.root, "BinaryExpr")
    .filter((node) => OPERATORS.some((name) => node.getChild(name)))
    .map((node) => ({ series: seriesBelow(textOf(query, node)), numbers: operandsIn(query, node) }));
}

/** The numbers that are compared or multiplied: those of calls are no thresholds. */
function operandsIn(query: Query, node: SyntaxNode): number[] {
  return nodesOf(node, "NumberDurationLiteral")
    .filter(({ parent }) => parent?.name === "BinaryExpr")
    .map((number) => Number(textOf(query, number)));
}

function numbersIn(value: unknown): number[] {
  if (typeof value === "number") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(numbersIn) : [];
}
