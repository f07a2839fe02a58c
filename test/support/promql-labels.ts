import type { SyntaxNode } from "@lezer/common";
import { knownMetric, TARGET_LABELS } from "./known-metrics.ts";
import {
  calledBy,
  childrenOf,
  matchersOf,
  metricOf,
  nodesOf,
  parseQuery,
  type Query,
  textOf,
} from "./promql.ts";
import { RECORDINGS } from "./rules.ts";

const EXPRESSIONS = new Set([
  "AggregateExpr",
  "BinaryExpr",
  "FunctionCall",
  "MatrixSelector",
  "NumberDurationLiteral",
  "OffsetExpr",
  "ParenExpr",
  "StringLiteral",
  "SubqueryExpr",
  "UnaryExpr",
  "VectorSelector",
]);

/**
 * The labels that every result of the expression surely carries: what `$labels` may be asked for.
 * @see https://prometheus.io/docs/prometheus/latest/querying/operators/ for what operators keep
 */
export function labelsOf(expr: string): string[] {
  const query = parseQuery(expr);
  return labelsOfNode(query, firstExpression(query.root));
}

function labelsOfNode(query: Query, node: SyntaxNode | undefined): string[] {
  if (!node) return [];
  switch (node.name) {
    case "VectorSelector":
      return labelsOfMetric(metricOf(query, node));
    case "AggregateExpr":
      return labelsOfAggregation(query, node);
    case "BinaryExpr":
      return labelsOfBinary(query, node);
    case "FunctionCall":
      return labelsOfCall(query, node);
    default:
      return labelsOfNode(query, firstExpression(node));
  }
}

/** The labels that every series of the metric surely carries. */
export function labelsOfMetric(name: string): string[] {
  const recorded = RECORDINGS.filter(({ record }) => record === name);
  if (recorded.length === 0) return [...(knownMetric(name)?.labels ?? []), ...TARGET_LABELS];
  return intersection(recorded.map(({ expr, labels }) => [...labelsOf(expr), ...Object.keys(labels ?? {})]));
}

function labelsOfAggregation(query: Query, node: SyntaxNode): string[] {
  const modifier = node.getChild("AggregateModifier");
  if (/^(topk|bottomk|limitk)$/.test(calledBy(query, node))) return labelsOfNode(query, lastVector(node));
  return modifier ? nodesOf(modifier, "LabelName").map((label) => textOf(query, label)) : [];
}

function labelsOfBinary(query: Query, node: SyntaxNode): string[] {
  const [left, right] = expressionsIn(node);
  const sides = [labelsOfNode(query, left), labelsOfNode(query, right)];
  if (node.getChild("Or")) return intersection(sides);
  const on = node.getChild("MatchingModifierClause");
  if (on && !node.getChild("And") && !node.getChild("Unless")) {
    return nodesOf(on, "LabelName").map((label) => textOf(query, label));
  }
  const isScalar = left?.name === "NumberDurationLiteral" || (left && textOf(query, left) === "time()");
  return (isScalar ? sides[1] : sides[0]) ?? [];
}

function labelsOfCall(query: Query, node: SyntaxNode): string[] {
  const name = calledBy(query, node);
  if (name === "absent") {
    const selector = nodesOf(node, "VectorSelector")[0];
    const equal = selector ? matchersOf(query, selector).filter(({ operator }) => operator === "=") : [];
    return equal.map(({ label }) => label);
  }
  if (/^label_(replace|join)$/.test(name)) {
    const [vector, made] = argumentsOf(node);
    return [...labelsOfNode(query, vector), ...(made ? [JSON.parse(textOf(query, made))] : [])];
  }
  const kept = labelsOfNode(query, lastVector(node));
  return name === "histogram_quantile" ? kept.filter((label) => label !== "le") : kept;
}

/** The argument of a function or aggregation that is no number. */
function lastVector(call: SyntaxNode): SyntaxNode | undefined {
  return argumentsOf(call).findLast(({ name }) => name !== "NumberDurationLiteral");
}

function argumentsOf(call: SyntaxNode): SyntaxNode[] {
  const body = call.getChild("FunctionCallBody");
  return body ? expressionsIn(body) : [];
}

function firstExpression(node: SyntaxNode): SyntaxNode | undefined {
  return expressionsIn(node)[0];
}

function expressionsIn(node: SyntaxNode): SyntaxNode[] {
  return childrenOf(node).filter(({ name }) => EXPRESSIONS.has(name));
}

function intersection(sets: string[][]): string[] {
  const [first = [], ...others] = sets;
  return first.filter((label) => others.every((other) => other.includes(label)));
}
