import { parseDuration } from "../../../src/domain/duration.ts";
import type { Variable } from "./interpolate.ts";

/** A page's time, in ms since 1970, and as its URL says it. */
export interface TimeRange {
  from: number;
  to: number;
  url: string;
}

/** The last so many, like `6h`, until now. */
export function last(duration: string): TimeRange {
  const to = Date.now();
  return { from: to - parseDuration(duration), to, url: `from=now-${duration}&to=now` };
}

// `roundInterval` of grafana/grafana's packages/grafana-data: below so many ms, this interval.
const ROUNDED: readonly (readonly [below: number, interval: number])[] = [
  [1500, 1000],
  [3500, 2000],
  [7500, 5000],
  [12_500, 10_000],
  [17_500, 15_000],
  [25_000, 20_000],
  [45_000, 30_000],
  [90_000, 60_000],
  [210_000, 120_000],
  [450_000, 300_000],
  [750_000, 600_000],
  [1_050_000, 900_000],
  [1_500_000, 1_200_000],
  [2_700_000, 1_800_000],
  [5_400_000, 3_600_000],
];

/**
 * Between two points of a line, in ms: a pixel, and no less than the data source's scrape interval. `models/query.go` of
 * grafana/grafana's pkg/promlib. A query's own least step is left out, for here rules are evaluated as often as targets are
 * scraped.
 * @param points the panel's width in pixels
 */
export function stepOf({ from, to }: TimeRange, points: number, scrapeInterval: number): number {
  const fair = (to - from) / points;
  const rounded = ROUNDED.find(([below]) => fair < below)?.[1];
  if (rounded === undefined) throw new Error(`a range of ${to - from} ms is longer than ours are`);
  return Math.max(rounded, scrapeInterval);
}

/**
 * https://grafana.com/docs/grafana/latest/dashboards/variables/add-template-variables/#global-variables, and of
 * `$__rate_interval` https://grafana.com/docs/grafana/latest/datasources/prometheus/template-variables/
 */
export function builtIns(
  range: TimeRange,
  step: number,
  scrapeInterval: number,
): Readonly<Record<string, Variable>> {
  const seconds = Math.round((range.to - range.from) / 1000);
  const values = {
    __interval: `${step}ms`,
    __interval_ms: String(step),
    __rate_interval: `${Math.max(step + scrapeInterval, 4 * scrapeInterval)}ms`,
    __range: `${seconds}s`,
    __range_s: String(seconds),
    __from: String(range.from),
    __to: String(range.to),
  };
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));
}
