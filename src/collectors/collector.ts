import type { QueryResult, QueryResultRow } from "pg";

/** What a collector reads from: one connection inside the scrape's snapshot. */
export interface Reader {
  query<Row extends QueryResultRow>(sql: string, values?: unknown[]): Promise<QueryResult<Row>>;
}

export interface Family {
  name: string;
  help: string;
  type: "counter" | "gauge" | "histogram";
  labels?: readonly string[];
}

/** One exposed line; a histogram's lines carry the suffix `_bucket`, `_sum` or `_count` and the label `le`. */
export interface Sample {
  labels: Record<string, string | number>;
  value: number;
  suffix?: "_bucket" | "_sum" | "_count";
}

export interface Measurement {
  family: Family;
  samples: readonly Sample[];
}

/** One question to the database and the metrics that answer it. Time limits and errors are the runner's business. */
export interface Collector<Reading = unknown> {
  name: string;
  families: readonly Family[];
  read(db: Reader): Promise<Reading>;
  measure(reading: Reading): Measurement[];
}

export interface Histogram {
  /** observations per bucket, not cumulated; the last one is +Inf's */
  counts: readonly number[];
  /** seconds */
  sum: number;
}

/** The lines of one histogram, cumulated as Prometheus wants them. */
export function histogramSamples(
  histogram: Histogram,
  bounds: readonly number[],
  labels: Record<string, string> = {},
): Sample[] {
  let count = 0;
  const buckets = [...bounds, "+Inf"].map((le, index): Sample => {
    count += histogram.counts[index] ?? 0;
    return { suffix: "_bucket", labels: { le, ...labels }, value: count };
  });
  return [
    ...buckets,
    { suffix: "_sum", labels, value: histogram.sum },
    { suffix: "_count", labels, value: count },
  ];
}

/** A single unlabelled value. */
export function value(family: Family, number: number): Measurement {
  return { family, samples: [{ labels: {}, value: number }] };
}

/** One line per key of the record, under one label. */
export function byLabel(
  family: Family,
  label: string,
  values: Readonly<Record<string, number>>,
): Measurement {
  return {
    family,
    samples: Object.entries(values).map(([name, number]) => ({ labels: { [label]: name }, value: number })),
  };
}
