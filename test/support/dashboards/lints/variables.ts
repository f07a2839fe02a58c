import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { DASHBOARDS } from "../../../../prometheus/src/sites.ts";
import { textsIn, unless } from "../lint.ts";
import { labelValuesOf, queryOf, variablesIn } from "../queries.ts";
import { rowsOf, variablesOf } from "../read.ts";

export const DATA_SOURCES: Readonly<Record<string, string>> = {
  prometheus: "prometheus",
  postgres: "grafana-postgresql-datasource",
};

export function dataSources(board: Dashboard): string[] {
  return Object.entries(DATA_SOURCES).flatMap(([name, type]) => {
    const variable = variablesOf(board).find((one) => one.name === name);
    return unless(variable?.type === "datasource" && variable.query === type, `no $${name} of type ${type}`);
  });
}

export function settable(board: Dashboard): string[] {
  const wanted = DASHBOARDS[board.uid as keyof typeof DASHBOARDS] ?? [];
  return wanted.flatMap((name) => {
    const variable = variablesOf(board).find((one) => one.name === name);
    if (!variable) return [`no $${name}, which sites.ts says it has`];
    const fixed = variable.type === "constant" || variable.skipUrlSync === true || variable.hide === 2;
    return unless(!fixed, `$${name} cannot be set by a link`);
  });
}

export function fresh(board: Dashboard): string[] {
  return variablesOf(board)
    .filter(({ type }) => type === "query")
    .flatMap(({ name, refresh, datasource }) => [
      ...unless(refresh === 2, `$${name} is not asked for again when the time changes`),
      ...unless(
        /^\$\{(prometheus|postgres)\}$/.test(datasource?.uid ?? ""),
        `$${name} asks a fixed data source`,
      ),
    ]);
}

export function manyWorkers(board: Dashboard): string[] {
  const workers = variablesOf(board).filter(({ name }) => name === "worker");
  return workers.flatMap(({ type, multi, includeAll }) =>
    unless(
      type === "query" && multi === true && includeAll === true,
      "$worker is no list of several and All",
    ),
  );
}

export function queries(board: Dashboard): string[] {
  const parsed = labelValuesOf(board).map(({ name }) => name);
  return variablesOf(board)
    .filter(({ type, datasource }) => type === "query" && datasource?.uid === "${prometheus}")
    .filter(({ name }) => !parsed.includes(name))
    .map((variable) => `$${variable.name} is no label_values(selector, label): ${queryOf(variable)}`);
}

export function unknown(board: Dashboard): string[] {
  const names = variablesOf(board).map(({ name }) => name);
  const used = textsIn(board).flatMap(variablesIn);
  return [...new Set(used)]
    .filter((name) => !name.startsWith("__") && !names.includes(name))
    .map((name) => `$${name}`);
}

/** The data sources' own are there for links from elsewhere. */
export function unused(board: Dashboard): string[] {
  const texts = [board.panels, board.annotations, ...variablesOf(board).map(({ query }) => query)];
  const used = [
    ...texts.flatMap((text) => textsIn(text).flatMap(variablesIn)),
    ...rowsOf(board).map(({ repeat }) => repeat),
  ];
  return variablesOf(board)
    .filter(({ name }) => !(name in DATA_SOURCES) && !used.includes(name))
    .map(({ name }) => `$${name} changes nothing`);
}

export function labelled(board: Dashboard): string[] {
  return variablesOf(board)
    .filter(({ label, hide }) => !label && hide !== 2)
    .map(({ name }) => `$${name} has no label`);
}
