import type { Dashboard, VariableModel } from "@grafana/grafana-foundation-sdk/dashboard";
import { asPromql, asSql, interpolate, type Lookup, type Variable } from "./interpolate.ts";
import { labelValuesIn, queryOf } from "./queries.ts";
import { variablesOf } from "./read.ts";
import { askLabel, askPostgres, type Reply, type Sources } from "./run-query.ts";
import type { TimeRange } from "./run-range.ts";

const ALL = "$__all";

/** What a page's URL says of its variables: `var-status=stuck&var-status=failed`. */
export type Chosen = Readonly<Record<string, readonly string[]>>;

export interface Chooser {
  variable: Variable;
  /** undefined where anything may be written */
  options: readonly string[] | undefined;
  /** of a variable that asks for its options */
  asked?: { language: "promql" | "sql"; query: string; ask: () => Promise<Reply> };
}

/** The page's variables in their order: each may use those before it. */
export async function resolveVariables(
  board: Dashboard,
  sources: Sources,
  range: TimeRange,
  chosen: Chosen,
): Promise<Map<string, Chooser>> {
  const resolved = new Map<string, Chooser>();
  const lookup: Lookup = (name) => resolved.get(name)?.variable;
  for (const model of variablesOf(board)) {
    resolved.set(model.name, await resolve(model, sources, range, lookup, chosen[model.name]));
  }
  const unknown = Object.keys(chosen).filter((name) => !resolved.has(name));
  if (unknown.length > 0) throw new Error(`${board.uid} has no variable ${unknown}`);
  return resolved;
}

async function resolve(
  model: VariableModel,
  sources: Sources,
  range: TimeRange,
  lookup: Lookup,
  wanted: readonly string[] | undefined,
): Promise<Chooser> {
  const { name, type, query, current } = model;
  const preset = valuesOf(current?.value);
  switch (type) {
    case "datasource":
    case "constant":
    case "textbox": {
      const value = wanted?.[0] ?? (type === "constant" ? String(query ?? "") : (preset[0] ?? ""));
      return { variable: { value }, options: undefined };
    }
    case "custom": {
      const options = String(query)
        .split(",")
        .map((option) => option.trim());
      return { variable: pick(model, options, wanted ?? preset), options };
    }
    case "query": {
      if (model.regex) throw new Error(`${name}: regular expressions of variables are not known here`);
      const asked = questionOf(model, sources, range, lookup);
      const options = (await asked.ask()).rows.map((row) => String(Object.values(row)[0]));
      return { variable: pick(model, options, wanted ?? preset), options, asked };
    }
    default:
      throw new Error(`${name}: variables of the type ${type} are not known here`);
  }
}

function questionOf(
  model: VariableModel,
  { prometheusUrl, pool }: Sources,
  range: TimeRange,
  lookup: Lookup,
): NonNullable<Chooser["asked"]> {
  if (model.datasource?.type !== "prometheus") {
    const query = interpolate(queryOf(model), lookup, asSql);
    return { language: "sql", query, ask: () => askPostgres(pool, query) };
  }
  const query = interpolate(queryOf(model), lookup, asPromql);
  const asked = labelValuesIn(query);
  if (!asked) throw new Error(`${model.name}: not known here: ${query}`);
  const { selector, label } = asked;
  return { language: "promql", query, ask: () => askLabel(prometheusUrl, label, selector, range) };
}

/** Values of a URL are kept even where they are no options; without any it is All, or the first option. */
function pick(
  { multi = false, includeAll = false, allValue }: VariableModel,
  options: readonly string[],
  wanted: readonly string[],
): Variable {
  const many = multi || includeAll;
  const known = wanted.length > 0 ? wanted : includeAll ? [ALL] : options.slice(0, 1);
  if (known[0] === ALL) {
    return allValue ? { value: allValue, all: "verbatim", many } : { value: options, all: "listed", many };
  }
  return { value: multi ? known : (known[0] ?? ""), many };
}

function valuesOf(value: unknown): string[] {
  return [value ?? []].flat().map(String);
}
