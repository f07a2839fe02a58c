import type { Scrape } from "../recording/entries.ts";

export interface Series {
  /** name and labels, the labels in the order of their names: the same for the same series */
  key: string;
  name: string;
  labels: Readonly<Record<string, string>>;
  /** of a counter, or of a histogram's lines */
  counts: boolean;
  /** `tts_db_*` */
  ofDatabase: boolean;
  /** of a histogram's bucket: the key of the histogram's count, and the bound */
  bucket?: { count: string; le: number };
}

/** What a scrape was answered with. */
export interface Reading {
  /** by key */
  values: ReadonlyMap<string, number>;
  series: readonly Series[];
  /** lines that are no sample, and series that are there twice */
  problems: readonly string[];
}

// Series come again in each scrape; what is here is a shortcut only.
const known = new Map<string, Series>();
const MOST_KNOWN = 50_000;
const readings = new WeakMap<Scrape, Reading>();

/** Reads an exposition, of 0.0.4 or OpenMetrics. The same entry is read once. */
export function readExposition(scrape: Scrape): Reading {
  const before = readings.get(scrape);
  if (before) return before;
  const reading = parse(scrape.body);
  readings.set(scrape, reading);
  return reading;
}

export function parse(text: string): Reading {
  if (known.size > MOST_KNOWN) known.clear();
  const types = new Map<string, string>();
  const values = new Map<string, number>();
  const series: Series[] = [];
  const problems: string[] = [];
  for (const line of text.split("\n")) {
    if (line === "") continue;
    if (line.startsWith("#")) {
      const [, kind, name, type] = line.split(" ");
      if (kind === "TYPE" && name !== undefined && type !== undefined) types.set(name, type);
      continue;
    }
    const space = line.lastIndexOf(" ");
    const value = numberOf(line.slice(space + 1));
    const one = space > 0 ? toSeries(line.slice(0, space), types) : undefined;
    if (one === undefined || value === undefined) problems.push(`not a sample: ${line}`);
    else if (values.has(one.key)) problems.push(`there twice: ${one.key}`);
    else {
      values.set(one.key, value);
      series.push(one);
    }
  }
  if (text !== "" && !text.endsWith("\n")) problems.push("it ends within a line");
  return { values, series, problems };
}

/** The key of a series. */
export function keyOf(name: string, labels: Readonly<Record<string, string>> = {}): string {
  const text = Object.entries(labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, value]) => `${label}="${value}"`)
    .join(",");
  return text === "" ? name : `${name}{${text}}`;
}

function toSeries(text: string, types: ReadonlyMap<string, string>): Series | undefined {
  const before = known.get(text);
  if (before) return before;
  const [, name = "", labelText = ""] =
    /^([a-zA-Z_:][\w:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\]|\\.)*",?)*)\})?$/.exec(text) ?? [];
  if (name === "") return undefined;
  const labels = Object.fromEntries(
    [...labelText.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g)].map(([, label = "", value = ""]) => [
      label,
      value,
    ]),
  );
  const bucket = bucketOf(name, labels);
  const series: Series = {
    key: keyOf(name, labels),
    name,
    labels,
    counts: counts(name, types),
    ofDatabase: name.startsWith("tts_db_"),
    ...(bucket && { bucket }),
  };
  known.set(text, series);
  return series;
}

function bucketOf(name: string, { le, ...labels }: Record<string, string>): Series["bucket"] {
  if (le === undefined || !name.endsWith("_bucket")) return undefined;
  const bound = le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le);
  return { count: keyOf(name.replace(/_bucket$/, "_count"), labels), le: bound };
}

function counts(name: string, types: ReadonlyMap<string, string>): boolean {
  const family = name.replace(/_(bucket|sum|count)$/, "");
  const type = types.get(name) ?? types.get(family) ?? types.get(name.replace(/_total$/, ""));
  return type === "counter" || type === "histogram" || type === "summary";
}

function numberOf(text: string): number | undefined {
  if (text === "+Inf") return Number.POSITIVE_INFINITY;
  const number = text === "" ? Number.NaN : Number(text);
  return Number.isNaN(number) ? undefined : number;
}
