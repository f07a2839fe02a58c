import type { Dashboard, Panel, VariableModel } from "@grafana/grafana-foundation-sdk/dashboard";
import { parseQuery, type Query } from "../promql.ts";
import { annotationsOf, panelsOf, type Target, targetsOf, variablesOf } from "./read.ts";

/** Durations that nobody writes, so that what they stand for is known again after parsing. */
export const STAND_INS = { __rate_interval: "6001s", __range: "6002s", __interval: "6003s" } as const;

const PREFIX = "VARIABLE_";
/** `$name`, `${name}`, `${name:format}`, `[[name]]`; not `$__timeFilter(` and other macros with brackets. */
const VARIABLE = /\$\{(\w+)(?::(\w+))?[^}]*\}|\$([A-Za-z_]\w*)(?!\w*\()|\[\[(\w+)[^\]]*\]\]/g;

/** A query to Prometheus, as it is written. */
export interface PromqlText {
  /** what it belongs to, for messages */
  place: string;
  expr: string;
  panel?: Panel;
  target?: Target & { interval?: string };
}

export type Promql = PromqlText & { query: Query };

/** Those of panels. */
export function promqlOfPanels(board: Dashboard): PromqlText[] {
  return panelsOf(board).flatMap((panel) =>
    targetsOf(panel).flatMap((target) =>
      target.expr === undefined ? [] : [{ place: placeOf(panel), expr: target.expr, panel, target }],
    ),
  );
}

/** Those of panels, annotations and variables. */
export function promqlOf(board: Dashboard): PromqlText[] {
  return [
    ...promqlOfPanels(board),
    ...annotationsOf(board).map(({ name, expr = "" }) => ({ place: name, expr })),
    ...labelValuesOf(board).map(({ name, selector }) => ({ place: `$${name}`, expr: selector })),
  ];
}

/** Parsed, Grafana's variables replaced; without what does not parse, which is a lint's own matter. */
export function parsed(texts: readonly PromqlText[]): Promql[] {
  return texts.flatMap((text) => {
    try {
      return [{ ...text, query: parseQuery(withoutVariables(text.expr)) }];
    } catch {
      return [];
    }
  });
}

/** The PromQL that a panel or variable comes to, with stand-ins for Grafana's variables. */
export function withoutVariables(text: string): string {
  return text.replaceAll(VARIABLE, (_, ...groups: (string | undefined)[]) => {
    const name = nameIn(groups);
    return (STAND_INS as Readonly<Record<string, string>>)[name] ?? PREFIX + name;
  });
}

/** The variable that a label's value stands for. */
export function variableOfValue(value: string): string | undefined {
  return value.startsWith(PREFIX) ? value.slice(PREFIX.length) : undefined;
}

/** The names of the variables in a text, Grafana's own (`__…`) too. */
export function variablesIn(text: string): string[] {
  return [...text.matchAll(VARIABLE)].map(([, ...groups]) => nameIn(groups));
}

/** What the query variables of Prometheus ask: `label_values(selector, label)`. */
export function labelValuesOf(board: Dashboard): { name: string; selector: string; label: string }[] {
  return variablesOf(board).flatMap((variable) => {
    const asked = labelValuesIn(queryOf(variable));
    return asked ? [{ name: variable.name, ...asked }] : [];
  });
}

/** Undefined where the text is no `label_values(selector, label)`. */
export function labelValuesIn(text: string): { selector: string; label: string } | undefined {
  const [, selector, label] = /^label_values\((.*), *(\w+)\)$/s.exec(text) ?? [];
  return selector && label ? { selector, label } : undefined;
}

/** The text of a query variable, to either data source. */
export function queryOf({ query }: VariableModel): string {
  return typeof query === "object" ? String(query["query"] ?? query["rawSql"] ?? "") : (query ?? "");
}

/** The SQL of panels and variables. */
export function sqlOf(board: Dashboard): { place: string; sql: string }[] {
  return [
    ...panelsOf(board).flatMap((panel) =>
      targetsOf(panel).flatMap(({ rawSql }) =>
        rawSql === undefined ? [] : [{ place: placeOf(panel), sql: rawSql }],
      ),
    ),
    ...variablesOf(board)
      .filter(({ type, datasource }) => type === "query" && datasource?.uid === "${postgres}")
      .map((variable) => ({ place: `$${variable.name}`, sql: queryOf(variable) })),
  ];
}

export function placeOf({ title, type, id }: Panel): string {
  return title || `${type} ${id}`;
}

function nameIn([braced, _, plain, bracketed]: readonly (string | undefined)[]): string {
  return braced ?? plain ?? bracketed ?? "";
}
