import type { SyntaxNode } from "@lezer/common";
import { parser } from "@prometheus-io/lezer-promql";
import { parseDuration } from "../../src/domain/duration.ts";

export interface Query {
  text: string;
  root: SyntaxNode;
}

/** @throws where Prometheus 3's grammar does not take it */
export function parseQuery(text: string): Query {
  const root = parser.parse(text).topNode;
  for (const node of nodesOf(root)) {
    if (node.type.isError) throw new Error(`does not parse at ${node.from}: ${text}`);
  }
  return { text, root };
}

/** The node and all below it, in the order of the text. */
export function nodesOf(node: SyntaxNode, name?: string): SyntaxNode[] {
  const found: SyntaxNode[] = name === undefined || node.name === name ? [node] : [];
  for (const child of childrenOf(node)) found.push(...nodesOf(child, name));
  return found;
}

export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) children.push(child);
  return children;
}

export function textOf(query: Query, node: SyntaxNode): string {
  return query.text.slice(node.from, node.to);
}

/** The metrics that it reads. */
export function metricsOf(query: Query): string[] {
  return nodesOf(query.root, "VectorSelector").map((selector) => metricOf(query, selector));
}

export function metricOf(query: Query, selector: SyntaxNode): string {
  const name = selector.getChild("Identifier");
  return name ? textOf(query, name) : "";
}

export interface Matcher {
  label: string;
  operator: string;
  value: string;
}

export function matchersOf(query: Query, selector: SyntaxNode): Matcher[] {
  return nodesOf(selector, "UnquotedLabelMatcher").map((matcher) => {
    const [label = "", operator = "", value = '""'] = childrenOf(matcher).map((part) => textOf(query, part));
    return { label, operator, value: JSON.parse(value) };
  });
}

/** The name of the function or aggregation that a call makes. */
export function calledBy(query: Query, call: SyntaxNode): string {
  const name = call.getChild("FunctionIdentifier") ?? call.getChild("AggregateOp");
  return name ? textOf(query, name) : "";
}

/** The range's length in seconds. */
export function rangeOf(query: Query, matrix: SyntaxNode): number {
  const duration = nodesOf(matrix, "NumberDurationLiteralInDurationContext")[0];
  return duration ? secondsOf(textOf(query, duration)) : Number.NaN;
}

/** of a duration with one unit, as ours have */
export function secondsOf(duration: string): number {
  return parseDuration(duration) / 1000;
}
