import type pg from "pg";

/** Where a page's data comes from. */
export interface Sources {
  prometheusUrl: string;
  /** the data source's setting, in ms */
  scrapeInterval: number;
  /** as the role that reads */
  pool: pg.Pool;
}

/** A row of SQL, or a series of Prometheus: its labels, and its last value as `Value`. */
export type Row = Readonly<Record<string, unknown>>;

export interface Reply {
  rows: readonly Row[];
  warnings: readonly string[];
}

export type When = { at: number } | { from: number; to: number; step: number };

/** @param when in ms */
export async function askPrometheus(url: string, query: string, when: When): Promise<Reply> {
  const { data, ...told } = await get<Result>(
    url,
    "at" in when ? "query" : "query_range",
    "at" in when ? { query, time: when.at / 1000 } : { query, ...aligned(when) },
  );
  const rows = data.resultType === "scalar" ? [{ Value: numberOf(data.result[1]) }] : data.result.map(rowOf);
  // A series of which nothing can be drawn is none.
  return { rows: rows.filter(({ Value }) => !Number.isNaN(Value)), warnings: warningsOf(told) };
}

/** The values that a label has had, in series that match. */
export async function askLabel(
  url: string,
  label: string,
  match: string,
  { from, to }: { from: number; to: number },
): Promise<Reply> {
  const range = { start: from / 1000, end: to / 1000 };
  const { data, ...told } = await get<{ data: string[] }>(url, `label/${label}/values`, {
    "match[]": match,
    ...range,
  });
  return { rows: data.map((value) => ({ value })), warnings: warningsOf(told) };
}

export async function askPostgres(pool: pg.Pool, sql: string): Promise<Reply> {
  const { rows } = await pool.query<Record<string, unknown>>(sql);
  // An aggregate of nothing is a row of nulls.
  return { rows: rows.filter((row) => Object.values(row).some((value) => value !== null)), warnings: [] };
}

interface Told {
  warnings?: string[];
  infos?: string[];
}

interface Series {
  metric: Record<string, string>;
  value?: [number, string];
  values?: [number, string][];
}

interface Result extends Told {
  data:
    | { resultType: "vector" | "matrix"; result: Series[] }
    | { resultType: "scalar"; result: [number, string] };
}

async function get<T>(
  url: string,
  path: string,
  parameters: Record<string, string | number>,
): Promise<T & Told> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) query.append(name, String(value));
  const response = await fetch(`${url}/api/v1/${path}?${query}`, { signal: AbortSignal.timeout(20_000) });
  const body = (await response.json()) as T & Told & { error?: string };
  if (!response.ok) throw new Error(body.error ?? `HTTP ${response.status}`);
  return body;
}

/** Both ends on multiples of the step, as the data source sends them. */
function aligned({ from, to, step }: { from: number; to: number; step: number }) {
  const down = (time: number) => (Math.floor(time / step) * step) / 1000;
  return { start: down(from), end: down(to), step: step / 1000 };
}

function rowOf({ metric, value, values = [] }: Series): Row {
  const points = value ? [value] : values;
  const drawn = points.map(([, text]) => numberOf(text)).filter((number) => !Number.isNaN(number));
  return { ...metric, Value: drawn.at(-1) ?? Number.NaN };
}

function numberOf(text: string): number {
  return text.endsWith("Inf") ? Number(`${text}inity`) : Number(text);
}

function warningsOf({ warnings = [], infos = [] }: Told): string[] {
  return [...warnings, ...infos];
}
