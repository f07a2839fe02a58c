import type { AnnotationQuery, Dashboard, Panel, RowPanel } from "@grafana/grafana-foundation-sdk/dashboard";
import { asPromql, asSql, interpolate, type Lookup, type Variable } from "./interpolate.ts";
import { annotationsOf, type Target, targetsOf } from "./read.ts";
import { expandMacros } from "./run-macros.ts";
import { askPostgres, askPrometheus, type Reply, type Row, type Sources } from "./run-query.ts";
import { builtIns, stepOf, type TimeRange } from "./run-range.ts";
import { type Chooser, type Chosen, resolveVariables } from "./run-variables.ts";

/** What one query of a page gave. */
export interface Answer {
  /** uid */
  board: string;
  /** panel or annotation by its title, variable by its name */
  asker: string;
  refId: string;
  language: "promql" | "sql";
  /** as it was sent */
  query: string;
  rows: readonly Row[];
  warnings: readonly string[];
  error?: string;
  milliseconds: number;
}

/** A panel, or one of those that it is repeated as. */
export interface OpenPanel {
  panel: Panel;
  /** with the panel's name as the page shows it */
  title: string;
  lookup: Lookup;
}

/** A dashboard as a browser has it open. */
export interface Page {
  board: Dashboard;
  sources: Sources;
  range: TimeRange;
  variables: ReadonlyMap<string, Chooser>;
  panels: readonly OpenPanel[];
}

// Of a page on a usual screen, beside the menu.
const PAGE_WIDTH = 1600;
const COLUMNS = 24;
// A minute, which is how finely Grafana looks for what to mark, where it scrapes every 15 s.
const SCRAPES_A_MARK = 4;

export async function openPage(
  board: Dashboard,
  sources: Sources,
  range: TimeRange,
  chosen: Chosen = {},
): Promise<Page> {
  const variables = await resolveVariables(board, sources, range, chosen);
  return { board, sources, range, variables, panels: repeated(board, variables) };
}

/** Runs all that the page asks, one after the other: options of variables, annotations, panels. */
export async function askPage(page: Page): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const [name, { asked }] of page.variables) {
    if (!asked) continue;
    const { language } = asked;
    answers.push(await answer(page, { asker: `$${name}`, refId: "", language }, () => asked));
  }
  for (const annotation of annotationsOf(page.board)) {
    if (!annotation.builtIn) answers.push(await askAnnotation(page, annotation));
  }
  for (const panel of page.panels) answers.push(...(await askPanel(page, panel)));
  return answers;
}

export async function askPanel(page: Page, { panel, title, lookup }: OpenPanel): Promise<Answer[]> {
  const points = panel.maxDataPoints ?? (PAGE_WIDTH * (panel.gridPos?.w ?? COLUMNS)) / COLUMNS;
  const answers: Answer[] = [];
  for (const target of targetsOf(panel)) answers.push(await ask(page, target, title, lookup, points));
  return answers;
}

function askAnnotation(page: Page, { name, expr, target: own }: AnnotationQuery): Promise<Answer> {
  const { range, sources, variables } = page;
  const target = { refId: "Anno", range: true, ...(own as Partial<Target>), ...(expr && { expr }) };
  const points = (range.to - range.from) / (SCRAPES_A_MARK * sources.scrapeInterval);
  return ask(page, target, name, (variable) => variables.get(variable)?.variable, points);
}

function ask(page: Page, target: Target, asker: string, lookup: Lookup, points: number): Promise<Answer> {
  const { sources, range } = page;
  const step = stepOf(range, points, sources.scrapeInterval);
  const known = builtIns(range, step, sources.scrapeInterval);
  const all: Lookup = (name, path) => known[name] ?? lookup(name, path);
  const { refId, expr, rawSql, instant } = target;
  if (rawSql !== undefined) {
    return answer(page, { asker, refId, language: "sql" }, () => {
      const query = expandMacros(interpolate(rawSql, all, asSql), range);
      return { query, ask: () => askPostgres(sources.pool, query) };
    });
  }
  return answer(page, { asker, refId, language: "promql" }, () => {
    const query = interpolate(expr ?? "", all, asPromql);
    const when = instant ? { at: range.to } : { from: range.from, to: range.to, step };
    return { query, ask: () => askPrometheus(sources.prometheusUrl, query, when) };
  });
}

async function answer(
  { board }: Page,
  who: Pick<Answer, "asker" | "refId" | "language">,
  prepare: () => { query: string; ask: () => Promise<Reply> },
): Promise<Answer> {
  const begin = performance.now();
  const told = { board: board.uid ?? "", ...who };
  let query = "";
  try {
    const prepared = prepare();
    query = prepared.query;
    return { ...told, query, ...(await prepared.ask()), milliseconds: performance.now() - begin };
  } catch (error) {
    const milliseconds = performance.now() - begin;
    return { ...told, query, rows: [], warnings: [], error: String(error), milliseconds };
  }
}

/** Each panel, as often as its row and itself are repeated. */
function repeated({ panels = [] }: Dashboard, variables: ReadonlyMap<string, Chooser>): OpenPanel[] {
  let row: RowPanel | undefined;
  return panels.flatMap((panel) => {
    if (!("panels" in panel)) return repeatedIn(row, panel, variables);
    row = panel;
    return panel.panels.flatMap((inner) => repeatedIn(panel, inner, variables));
  });
}

function repeatedIn(
  row: RowPanel | undefined,
  panel: Panel,
  variables: ReadonlyMap<string, Chooser>,
): OpenPanel[] {
  const name = panel.repeat ?? row?.repeat;
  const all: Lookup = (variable) => variables.get(variable)?.variable;
  if (!name) return [{ panel, title: panel.title ?? "", lookup: all }];
  return valuesOf(name, variables).map((value) => ({
    panel,
    title: `${panel.title} [${value}]`,
    lookup: (variable) => (variable === name ? { value, many: true } : all(variable)),
  }));
}

function valuesOf(name: string, variables: ReadonlyMap<string, Chooser>): readonly string[] {
  const chooser = variables.get(name);
  const variable: Variable | undefined = chooser?.variable;
  if (!chooser || !variable) throw new Error(`repeated by ${name}, which is no variable`);
  return variable.all ? (chooser.options ?? []) : [variable.value].flat();
}
