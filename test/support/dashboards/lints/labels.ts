import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import type { SyntaxNode } from "@lezer/common";
import { calledBy, metricsOf, nodesOf, type Query, textOf } from "../../promql.ts";
import { labelsOf, labelsOfMetric } from "../../promql-labels.ts";
import { labelValuesOf, parsed } from "../queries.ts";
import { eachQuery } from "./promql.ts";

/** By a label that is not there, all falls into one. */
export const grouped = eachQuery(({ query }) =>
  nodesOf(query.root, "AggregateExpr").flatMap((node) => {
    const modifier = node.getChild("AggregateModifier");
    const body = node.getChild("FunctionCallBody");
    if (!modifier || !body || /^(topk|bottomk|count_values)$/.test(calledBy(query, node))) return [];
    const kept = labelsOf(textOf(query, body));
    return namesIn(query, modifier)
      .filter((label) => !kept.includes(label))
      .map((label) => `grouped by ${label}, which not all of it has: ${textOf(query, body).slice(0, 60)}`);
  }),
);

/** On a label that one side lacks, nothing matches. */
export const joined = eachQuery(({ query }) =>
  nodesOf(query.root, "BinaryExpr").flatMap((node) => {
    const clause = node.getChild("MatchingModifierClause");
    const labels = clause?.getChild("On") ? clause.getChild("GroupingLabels") : null;
    const sides = [node.firstChild, node.lastChild].filter((side) => side !== null);
    if (!labels) return [];
    return sides.flatMap((side) =>
      namesIn(query, labels)
        .filter((label) => !labelsOf(textOf(query, side)).includes(label))
        .map((label) => `joined on ${label}, which not all of it has: ${textOf(query, side).slice(0, 60)}`),
    );
  }),
);

export function labelValues(board: Dashboard): string[] {
  return labelValuesOf(board).flatMap(({ name, selector, label }) =>
    parsed([{ place: name, expr: selector }])
      .flatMap(({ query }) => metricsOf(query))
      .filter((metric) => !labelsOfMetric(metric).includes(label))
      .map((metric) => `$${name}: ${metric} has no label ${label}`),
  );
}

function namesIn(query: Query, node: SyntaxNode): string[] {
  return nodesOf(node, "LabelName").map((label) => textOf(query, label));
}
