import { mean, slope } from "./statistics.ts";

type Point = readonly [x: number, y: number];

/** The straight line's slope, and how far the true one may well be from it (standard error). */
export interface Trend {
  slope: number;
  error: number;
}

/**
 * The line that fits best through the lowest values of equal windows: what is in the air at a moment only adds to a
 * sample, and neighbours that go up and down together count as one.
 */
export function trend(points: readonly Point[], windows = 20): Trend {
  const fitted = lowest(points, windows);
  const rise = slope(fitted);
  const x = mean(fitted.map(([value]) => value));
  const y = mean(fitted.map(([, value]) => value));
  const residuals = fitted.reduce((sum, [a, b]) => sum + (b - y - rise * (a - x)) ** 2, 0);
  const spread = fitted.reduce((sum, [a]) => sum + (a - x) ** 2, 0);
  return { slope: rise, error: Math.sqrt(residuals / (fitted.length - 2) / spread) };
}

function lowest(points: readonly Point[], windows: number): Point[] {
  const size = Math.max(1, Math.floor(points.length / windows));
  const starts = Array.from({ length: Math.floor(points.length / size) }, (_, window) => window * size);
  return starts.map((first) => {
    const own = points.slice(first, first + size);
    return [mean(own.map(([x]) => x)), Math.min(...own.map(([, y]) => y))];
  });
}
