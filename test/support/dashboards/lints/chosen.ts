import type { Dashboard, Panel, RowPanel } from "@grafana/grafana-foundation-sdk/dashboard";
import type { SyntaxNode } from "@lezer/common";
import { knownMetric } from "../../known-metrics.ts";
import { matchersOf, metricOf, nodesOf, type Query } from "../../promql.ts";
import { labelsOfMetric } from "../../promql-labels.ts";
import { unless } from "../lint.ts";
import { variableOfValue } from "../queries.ts";
import { rowsOf, variablesOf } from "../read.ts";
import { eachPanelQuery } from "./promql.ts";

/** Not annotations, which are the same everywhere. */
export const chosenWorkers = eachPanelQuery(({ query }, board) => {
  if (!variablesOf(board).some(({ name }) => name === "worker")) return [];
  return nodesOf(query.root, "VectorSelector")
    .filter((selector) => isOfWorkers(query, selector))
    .filter((selector) => !choosesWorker(query, selector))
    .map((selector) => `${metricOf(query, selector)} of all workers, not of worker=~"$worker"`);
});

/** Several values are an alternative, which only `=~` reads; where a panel repeats, it has one of them. */
export const severalValues = eachPanelQuery(({ query, panel }, board) => {
  const several = variablesOf(board).filter(({ multi }) => multi === true);
  return nodesOf(query.root, "VectorSelector")
    .flatMap((selector) => matchersOf(query, selector))
    .flatMap(({ label, operator, value }) => {
      const variable = several.find(({ name }) => name === variableOfValue(value));
      if (!variable || !panel || repeatedBy(board, panel).includes(variable.name)) return [];
      return [
        ...unless(/^[=!]~$/.test(operator), `${label}${operator}"$${variable.name}", which may be several`),
        ...unless(!variable.allValue?.startsWith("'"), `$${variable.name} is quoted for SQL`),
      ];
    });
});

/** The variables for each of whose values the panel, or the row above it, stands again. */
function repeatedBy(board: Dashboard, panel: Panel): (string | undefined)[] {
  const { panels = [] } = board;
  const above = panels.slice(
    0,
    panels.findIndex(({ id }) => id === panel.id),
  );
  const row = above.findLast(({ type }) => type === "row") ?? rowsOf(board).find((one) => holds(one, panel));
  return [panel.repeat, row?.repeat];
}

function holds(row: RowPanel, { id }: Panel): boolean {
  return row.panels.some((panel) => panel.id === id);
}

function isOfWorkers(query: Query, selector: SyntaxNode): boolean {
  const name = metricOf(query, selector);
  const job = matchersOf(query, selector).find(({ label }) => label === "job")?.value;
  if (job !== undefined) return job === "tts-worker";
  const own = knownMetric(name)?.labels.includes("worker") ?? false;
  return (
    own || name.startsWith("tts_worker_") || (name.includes(":") && labelsOfMetric(name).includes("worker"))
  );
}

function choosesWorker(query: Query, selector: SyntaxNode): boolean {
  return matchersOf(query, selector).some(
    ({ label, operator, value }) =>
      label === "worker" && operator === "=~" && variableOfValue(value) === "worker",
  );
}
