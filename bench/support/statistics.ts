/** The value below which the share of the values lies (0.5: the median). NaN without any. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Slope of the straight line that fits the points best (least squares). */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const x = mean(points.map(([value]) => value));
  const y = mean(points.map(([, value]) => value));
  const covariance = points.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0);
  return covariance / points.reduce((sum, [a]) => sum + (a - x) ** 2, 0);
}

/** k of the best fit `cost = c · n^k`: 0 where the cost does not grow, 1 where it is linear. */
export function exponent(costs: readonly (readonly [n: number, cost: number])[]): number {
  return slope(costs.map(([n, cost]) => [Math.log(n), Math.log(cost)]));
}
