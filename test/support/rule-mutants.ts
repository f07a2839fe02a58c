import type { SyntaxNode } from "@lezer/common";
import { type AlertRule, isAlert, type Rule } from "../../prometheus/src/rule.ts";
import { childrenOf, nodesOf, parseQuery, type Query, secondsOf, textOf } from "./promql.ts";

export interface Mutant {
  /** what was done to the rule */
  change: string;
  rule: Rule;
}

const FLIPPED: Readonly<Record<string, string>> = {
  ">": "<",
  ">=": "<",
  "<": ">",
  "<=": ">",
  "==": "!=",
  "!=": "==",
};
/** Not sum: most of ours only takes off the labels of one series. */
const AGGREGATED: Readonly<Record<string, string[]>> = { max: ["min", "sum"], min: ["max"] };
const COMPARISONS = ["Gtr", "Gte", "Lss", "Lte", "Eql", "Neq"];

/** Every way in which a rule is made a little wrong, one at a time. */
export function mutantsOf(rule: Rule): Mutant[] {
  const withExpr = (change: string, expr: string): Mutant => ({ change, rule: { ...rule, expr } });
  const query = parseQuery(rule.expr);
  return [
    withExpr("never true", "vector(1) > 2"),
    ...nodesOf(query.root).flatMap((node) =>
      editsOf(query, node).map(({ from, to, text }) =>
        withExpr(
          `${JSON.stringify(query.text.slice(from, to))} → ${JSON.stringify(text)} at ${from}`,
          query.text.slice(0, from) + text + query.text.slice(to),
        ),
      ),
    ),
    ...(isAlert(rule) ? alertMutants(rule) : []),
  ].filter(({ rule: { expr } }) => expr.trim() !== "");
}

function alertMutants(rule: AlertRule): Mutant[] {
  const { for: wait, keep_firing_for: keep, labels } = rule;
  const without = (key: "for" | "keep_firing_for"): Mutant => {
    const { [key]: _, ...rest } = rule;
    return { change: `without ${key}`, rule: rest };
  };
  const severity = labels["severity"] === "warning" ? "critical" : "warning";
  return [
    { change: `severity ${severity}`, rule: { ...rule, labels: { ...labels, severity } } },
    ...(wait ? [without("for"), { change: "for twice as long", rule: twice(rule, wait) }] : []),
    ...(keep ? [without("keep_firing_for")] : []),
  ];
}

function twice(rule: AlertRule, wait: string): AlertRule {
  return { ...rule, for: `${2 * secondsOf(wait)}s` };
}

interface Edit {
  from: number;
  to: number;
  text: string;
}

function editsOf(query: Query, node: SyntaxNode): Edit[] {
  const { from, to } = node;
  switch (node.name) {
    case "BinaryExpr":
      return binaryEdits(query, node);
    case "NumberDurationLiteral":
      return isFactor(node) ? factorsOf(textOf(query, node)).map((text) => ({ from, to, text })) : [];
    case "AggregateOp":
      return (AGGREGATED[textOf(query, node)] ?? []).map((text) => ({ from, to, text }));
    case "LabelMatchers":
      return matcherEdits(query, node);
    default:
      return [];
  }
}

/** Comparisons turned round, and each side of and, or, unless alone. */
function binaryEdits(query: Query, node: SyntaxNode): Edit[] {
  const { from, to } = node;
  const left = node.firstChild;
  const right = node.lastChild;
  if (!left || !right) return [];
  const only = (side: SyntaxNode): Edit => ({ from, to, text: textOf(query, side) });
  if (node.getChild("And") || node.getChild("Unless")) return [only(left)];
  if (node.getChild("Or")) return [only(left), only(right)];
  return COMPARISONS.flatMap((name) => node.getChildren(name)).map((operator) => ({
    from: operator.from,
    to: operator.to,
    text: FLIPPED[textOf(query, operator)] ?? "",
  }));
}

/** Whether the number is compared with, or multiplied: those of calls are no thresholds. */
function isFactor(node: SyntaxNode): boolean {
  return node.parent?.name === "BinaryExpr";
}

/** Zero has no half: it becomes a number that nothing reaches. */
function factorsOf(number: string): string[] {
  const value = Number(number);
  return value === 0 ? ["1e9"] : [String(2 * value), String(value / 2)];
}

function matcherEdits(query: Query, node: SyntaxNode): Edit[] {
  const { from, to } = node;
  const matchers = childrenOf(node).filter(({ name }) => name === "UnquotedLabelMatcher");
  return matchers.map((dropped) => ({
    from,
    to,
    text: `{${matchers
      .filter((matcher) => matcher !== dropped)
      .map((matcher) => textOf(query, matcher))
      .join(", ")}}`,
  }));
}
