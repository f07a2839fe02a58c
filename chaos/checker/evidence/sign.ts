import type { Entry, Scrape } from "../../recording/entries.ts";
import type { Reading } from "../exposition.ts";
import type { FaultSpan } from "../faults.ts";
import type { Context, Read } from "../rule.ts";

/** What is known of a fault whose trace is looked for. */
export interface Watched {
  fault: FaultSpan;
  /** each part's last answered scrape before the fault began */
  before: ReadonlyMap<string, Read>;
}

/** Whether this entry shows it: a scrape that ended after the fault began, alerts. */
export type Sign = (entry: Entry, watched: Watched, context: Context) => boolean;

export function anyOf(...signs: Sign[]): Sign {
  return (...seen) => signs.some((sign) => sign(...seen));
}

/** Looks at scrapes only. @param now what it says; undefined where it was not answered */
function onScrape(
  look: (scrape: Scrape, now: Reading | undefined, watched: Watched, context: Context) => boolean,
): Sign {
  return (entry, watched, context) =>
    entry.type === "scrape" && look(entry, context.read?.reading, watched, context);
}

/** The same, at parts that the fault befalls. */
export function atTarget(sign: Sign): Sign {
  return (entry, watched, context) =>
    entry.type === "scrape" && watched.fault.targets.includes(entry.part) && sign(entry, watched, context);
}

/** Some series of this name, and of those labels, has such a value. */
export function shows(
  name: string,
  is: (value: number, context: Context) => boolean,
  labels: Record<string, string> = {},
): Sign {
  return onScrape((_scrape, now, _watched, context) =>
    valuesOf(now, name, labels).some((value) => is(value, context)),
  );
}

/** The sum over all series of this name and labels is by so much higher than before, or than at the process's begin. */
export function grows(name: string, labels: Record<string, string | RegExp> = {}, least = 1): Sign {
  return onScrape((scrape, now, { before }) => {
    const last = before.get(scrape.part);
    const same = last && last.scrape.life === scrape.life ? last.reading : undefined;
    return sumOf(now, name, labels) - sumOf(same, name, labels) >= least;
  });
}

/** A sum over the scrape's numbers is by so much higher, or lower, than before. */
export function differs(of: (reading: Reading) => number | undefined, by: (change: number) => boolean): Sign {
  return onScrape((scrape, now, { before }) => {
    const last = before.get(scrape.part);
    const [was, is] = [last && of(last.reading), now && of(now)];
    return was !== undefined && is !== undefined && by(is - was);
  });
}

/** The process is another one than before. */
export const newProcess: Sign = onScrape((scrape, now, { before }) => {
  const was = before.get(scrape.part)?.reading.values.get("process_start_time_seconds");
  const is = now?.values.get("process_start_time_seconds");
  return was !== undefined && is !== undefined && is !== was;
});

/** A scrape is not answered, or not for so long: Prometheus' `up` and `scrape_duration_seconds`. */
export function late(ms: number): Sign {
  return onScrape(({ status, begin, end }) => status === 0 || end - begin >= ms);
}

export function sumOf(
  reading: Reading | undefined,
  name: string,
  labels: Record<string, string | RegExp> = {},
): number {
  return valuesOf(reading, name, labels).reduce((sum, value) => sum + value, 0);
}

function valuesOf(
  reading: Reading | undefined,
  name: string,
  labels: Record<string, string | RegExp>,
): number[] {
  if (!reading) return [];
  return reading.series
    .filter(
      (series) =>
        series.name === name &&
        Object.entries(labels).every(([label, wanted]) => {
          const value = series.labels[label] ?? "";
          return typeof wanted === "string" ? value === wanted : wanted.test(value);
        }),
    )
    .map(({ key }) => reading.values.get(key) ?? Number.NaN);
}
