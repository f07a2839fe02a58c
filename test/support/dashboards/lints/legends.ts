import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { matchersOf, nodesOf, type Query } from "../../promql.ts";
import { labelsOf } from "../../promql-labels.ts";
import { unless } from "../lint.ts";
import { type Promql, parsed } from "../queries.ts";
import { annotationsOf, targetsOf } from "../read.ts";
import { eachQuerying } from "./panels.ts";
import { eachPanelQuery } from "./promql.ts";

/** Where a line's name stands at the line itself, a legend would only say it again. */
const NAMES_BESIDE = ["stat", "table", "state-timeline", "bargauge", "heatmap"];

export const shown = eachQuerying((panel) => {
  const several =
    targetsOf(panel).length > 1 ||
    targetsOf(panel).some(({ legendFormat = "" }) => /\{\{/.test(legendFormat));
  const hidden = panel.options?.legend?.showLegend !== true;
  return unless(NAMES_BESIDE.includes(panel.type) || !several || !hidden, "several series and no legend");
});

export const named = eachPanelQuery(({ target }) => {
  if (target?.format === "table") return [];
  return unless(/^(?!__auto$).+/.test(target?.legendFormat ?? ""), `query ${target?.refId} has no legend`);
});

/** A label in a legend that the series do not have is drawn as it is written. */
export const labels = eachPanelQuery(({ query, target }) => absent(target?.legendFormat, query));

export function labelsOfAnnotations(board: Dashboard): string[] {
  return annotationsOf(board).flatMap(({ name, expr = "", titleFormat, textFormat }) =>
    parsed([{ place: name, expr }]).flatMap(({ query }) =>
      absent(`${titleFormat ?? ""} ${textFormat ?? ""}`, query).map((problem) => `${name}: ${problem}`),
    ),
  );
}

/** Two lines of one name cannot be told apart. */
export const apart = eachPanelQuery((promql) => {
  const { query, target } = promql;
  if (target?.format === "table" || /\{\{/.test(target?.legendFormat ?? "")) return [];
  const free = labelsOf(query.text).filter((label) => !pinned(promql).includes(label));
  return free.length > 0 ? [`"${target?.legendFormat}" may be several series, by ${free.join(", ")}`] : [];
});

/** Labels that every selector holds to one value. */
function pinned({ query }: Promql): string[] {
  const equal = nodesOf(query.root, "VectorSelector").map((selector) =>
    matchersOf(query, selector)
      .filter(({ operator }) => operator === "=")
      .map(({ label }) => label),
  );
  const [first = [], ...others] = equal;
  return first.filter((label) => others.every((other) => other.includes(label)));
}

function absent(template = "", query: Query): string[] {
  const kept = labelsOf(query.text);
  return [...template.matchAll(/\{\{ *(\w+) *\}\}/g)]
    .map(([, label = ""]) => label)
    .filter((label) => !kept.includes(label))
    .map((label) => `names {{${label}}}, which its series do not have`);
}
