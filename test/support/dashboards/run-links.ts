import type { DashboardLink, Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { asUri, interpolate, type Lookup } from "./interpolate.ts";
import type { Answer, OpenPanel, Page } from "./run.ts";
import type { Row } from "./run-query.ts";

/** What a click on a page opens. */
export interface OpenLink {
  /** the panel's title, and the field's or series' name */
  place: string;
  title: string;
  url: string;
}

type Template = Pick<DashboardLink, "title" | "url">;

/** Links of the panel's title, and those of each value that it shows. */
export function linksOn(page: Page, panel: OpenPanel, answers: readonly Answer[]): OpenLink[] {
  const titled = (panel.panel.links ?? []).map((link) =>
    opened(page, panel, panel.title, link, () => undefined),
  );
  return [...titled, ...linksOfRows(page, panel, shownRows(panel.panel, answers))];
}

/** The rows of a table as it shows them, the first column first; of other panels the series. */
export function shownRows({ transformations = [] }: Panel, answers: readonly Answer[]): readonly Row[] {
  const labelled = answers.flatMap(({ rows, refId }) =>
    answers.length === 1
      ? rows
      : rows.map(({ Value, ...labels }) => ({ ...labels, [`Value #${refId}`]: Value })),
  );
  return transformations.reduce((rows: readonly Row[], { id, options }) => {
    const transform = TRANSFORMATIONS[id];
    if (!transform) throw new Error(`the transformation ${id} is not known here`);
    return transform(rows, options);
  }, labelled);
}

/** A link of the first cell of a row. */
export function firstCellLink(page: Page, panel: OpenPanel, row: Row): OpenLink | undefined {
  const [column = ""] = Object.keys(row);
  return linksOfCell(page, panel, row, column)[0];
}

function linksOfRows(page: Page, panel: OpenPanel, rows: readonly Row[]): OpenLink[] {
  return rows.flatMap((row) => Object.keys(row).flatMap((column) => linksOfCell(page, panel, row, column)));
}

/** An empty cell has nothing to click at. */
function linksOfCell(page: Page, panel: OpenPanel, row: Row, column: string): OpenLink[] {
  const value = row[column];
  if (value === null || value === undefined || value === "") return [];
  const { defaults, overrides = [] } = panel.panel.fieldConfig ?? { defaults: {} };
  const own = overrides
    .filter(({ matcher }) => matcher.id === "byName" && matcher.options === column)
    .flatMap(({ properties }) => properties.filter(({ id }) => id === "links"))
    .flatMap((property): Template[] => property.value);
  // Outside of tables a row's labels are no fields.
  const isField = panel.panel.type === "table" || column.startsWith("Value");
  const links = own.length > 0 ? own : isField ? ((defaults.links ?? []) as Template[]) : [];
  return links.map((link) => opened(page, panel, `${panel.title}: ${column}`, link, cellLookup(row, value)));
}

function opened(
  page: Page,
  { lookup }: OpenPanel,
  place: string,
  { title, url }: Template,
  cell: Lookup,
): OpenLink {
  const known: Lookup = (name, path) =>
    name === "__url_time_range" ? { value: page.range.url } : (cell(name, path) ?? lookup(name, path));
  // It is a part of an address already.
  const text = (url ?? "").replaceAll("${__url_time_range}", page.range.url);
  return { place, title, url: interpolate(text, known, asUri) };
}

/** https://grafana.com/docs/grafana/latest/panels-visualizations/configure-data-links/#data-link-variables */
function cellLookup(row: Row, value: unknown): Lookup {
  return (name, path = "") => {
    if (name === "__value" && path === "raw") return { value: String(value) };
    const field = fieldNamed(name, path);
    if (field === undefined || !(field in row)) return undefined;
    return { value: String(row[field] ?? "") };
  };
}

function fieldNamed(name: string, path: string): string | undefined {
  if (name === "__data") return (/^fields\.(\w+)$/.exec(path) ?? /^fields\["(.+)"\]$/.exec(path))?.[1];
  if (name === "__field") return /^labels\.(\w+)$/.exec(path)?.[1];
  return undefined;
}

interface Options {
  include?: { names: readonly string[] };
  indexByName?: Readonly<Record<string, number>>;
  renameByName?: Readonly<Record<string, string>>;
}

type Transform = (rows: readonly Row[], options: Options) => readonly Row[];

/** https://grafana.com/docs/grafana/latest/panels-visualizations/query-transform-data/transform-data/ */
const TRANSFORMATIONS: Readonly<Record<string, Transform>> = {
  merge: merged,
  filterFieldsByName(rows, { include }) {
    const isShown = ([name]: [string, unknown]) => include?.names.includes(name) ?? true;
    return rows.map((row) => Object.fromEntries(Object.entries(row).filter(isShown)));
  },
  organize(rows, { indexByName = {}, renameByName = {} }) {
    const place = ([name]: [string, unknown]) => indexByName[name] ?? Number.MAX_SAFE_INTEGER;
    const renamed = ([name, value]: [string, unknown]) => [renameByName[name] ?? name, value] as const;
    return rows.map((row) =>
      Object.fromEntries(
        Object.entries(row)
          .sort((a, b) => place(a) - place(b))
          .map(renamed),
      ),
    );
  },
};

/**
 * Rows that agree in the labels which all queries keep become one, unless they contradict each other elsewhere:
 * `merge.ts` in grafana/grafana's packages/grafana-data.
 */
function merged(rows: readonly Row[]): readonly Row[] {
  const labels = new Map<string, Set<string>>();
  for (const row of rows) {
    const names = Object.keys(row);
    const query = names.find((name) => name.startsWith("Value #")) ?? "";
    labels.set(query, new Set([...(labels.get(query) ?? []), ...names.filter((name) => name !== query)]));
  }
  const [first = new Set<string>(), ...others] = labels.values();
  const common = [...first].filter((name) => others.every((names) => names.has(name)));
  const agree = (a: Row, b: Row) =>
    common.every((name) => a[name] === b[name]) &&
    Object.keys(b).every((name) => a[name] === undefined || a[name] === b[name]);
  const all: Row[] = [];
  for (const row of rows) {
    const places = [...all.keys()].filter((place) => agree(all[place] ?? {}, row));
    for (const place of places) all[place] = { ...all[place], ...row };
    if (places.length === 0) all.push(row);
  }
  return all;
}
