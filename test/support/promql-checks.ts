import type { SyntaxNode } from "@lezer/common";
import { knownMetric } from "./known-metrics.ts";
import { calledBy, matchersOf, metricOf, metricsOf, nodesOf, parseQuery, type Query } from "./promql.ts";
import { labelsOfMetric } from "./promql-labels.ts";
import { RECORDINGS } from "./rules.ts";

/** What comes from every replica of the exporter, and means one database. */
const OVER_REPLICAS = /^(max|min|count|absent|topk)$/;
const OF_COUNTERS = /^(rate|increase|irate)$/;
const OF_GAUGES = /^(deriv|predict_linear|delta)$/;

/** The metrics that nobody exposes, and the labels of matchers that their metric does not have. */
export function unknownSeries(query: Query): string[] {
  return nodesOf(query.root, "VectorSelector").flatMap((selector) => {
    const name = metricOf(query, selector);
    if (!knownMetric(name)) return [`there is no ${name}`];
    const labels = labelsOfMetric(name);
    return matchersOf(query, selector)
      .filter(({ label }) => !labels.includes(label))
      .map(({ label }) => `${name} has no label ${label}`);
  });
}

/** Rates of what is no counter, and slopes of what is one. */
export function wrongRates(query: Query): string[] {
  return nodesOf(query.root, "FunctionCall").flatMap((call) => {
    const name = calledBy(query, call);
    if (!OF_COUNTERS.test(name) && !OF_GAUGES.test(name)) return [];
    return nodesOf(call, "VectorSelector")
      .map((selector) => metricOf(query, selector))
      .filter((metric) => isCounter(metric) !== OF_COUNTERS.test(name))
      .map((metric) => `${name}() of ${metric}`);
  });
}

/** The figures of the database that are not taken over the replicas together, or are their sum. */
export function replicasApart(query: Query): string[] {
  return nodesOf(query.root, "VectorSelector")
    .filter((selector) => metricOf(query, selector).startsWith("tts_db_"))
    .filter((selector) => {
      const around = callsAround(query, selector);
      return around.includes("sum") || !around.some((name) => OVER_REPLICAS.test(name));
    })
    .map((selector) => metricOf(query, selector));
}

/** Matchers of a bucket by a whole number, which Prometheus 3 writes otherwise. */
export function wholeBuckets(query: Query): string[] {
  return nodesOf(query.root, "VectorSelector")
    .flatMap((selector) => matchersOf(query, selector))
    .filter(({ label, value }) => label === "le" && /^\d+$/.test(value))
    .map(({ value }) => `le="${value}"`);
}

/** The functions and aggregations that it stands in, from the inside out. */
export function callsAround(query: Query, node: SyntaxNode): string[] {
  const names: string[] = [];
  for (let outer = node.parent; outer; outer = outer.parent) names.push(calledBy(query, outer));
  return names.filter(Boolean);
}

export function isCounter(name: string): boolean {
  const known = knownMetric(name);
  if (known?.type !== "recorded") return known?.type === "counter";
  const rule = RECORDINGS.find(({ record }) => record === name);
  // A recorded max of a counter is one still.
  return rule !== undefined && /^max/.test(rule.expr) && isCounter(metricsOf(parseQuery(rule.expr))[0] ?? "");
}
