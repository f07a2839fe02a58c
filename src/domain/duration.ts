const UNITS: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
/** The longest stretch of the past that may be asked for: PostgreSQL still counts it back from now. */
export const LONGEST_SPAN = "36500d";

const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/**
 * Whole milliseconds of a duration such as `250ms`, `1.5s`, `40m`, `24h` or `90d`: rounded, for 2.3 × 60,000
 * is no whole number in floating point.
 * @throws RangeError where the text is none: no unit, a sign, a second unit, or beyond exact numbers
 */
export function parseDuration(text: string): number {
  const [, amount, unit = ""] = DURATION.exec(text) ?? [];
  const milliseconds = Math.round(Number(amount) * (UNITS[unit] ?? Number.NaN));
  if (!Number.isSafeInteger(milliseconds)) {
    throw new RangeError("a duration is a number with one unit: 250ms, 5s, 40m, 24h or 90d");
  }
  return milliseconds;
}

/**
 * The duration in the largest unit that holds it whole: 120,000 is `2m`, 90,000 is `90s`.
 * @throws RangeError where the milliseconds are negative or no whole number
 */
export function formatDuration(milliseconds: number): string {
  if (!Number.isSafeInteger(milliseconds) || milliseconds < 0) {
    throw new RangeError(`no duration has ${milliseconds} milliseconds`);
  }
  for (const [unit, size] of Object.entries(UNITS)) {
    if (milliseconds >= size && milliseconds % size === 0) return `${milliseconds / size}${unit}`;
  }
  return "0s";
}
