import { atLeast, atMost, number, type Target, table } from "../support/report.ts";
import { exponent, median, quantile } from "../support/statistics.ts";
import type { Measured, Times } from "./measure.ts";
import type { StatementReads } from "./reads.ts";
import { isSqlExporterThere } from "./sql-exporter.ts";

const MOST_GROWTH = 1.2;
const LEAST_GAIN = 500;
const MOST_BUFFERS = 500;
const SHOWN_STATEMENTS = 8;

const postMortem = isSqlExporterThere()
  ? "prometheus-sql-exporter with the post-mortem's SQL"
  : "the post-mortem's SQL by a client (prometheus-sql-exporter is not installed)";

const TIMES: [what: string, times: keyof Times][] = [
  ["ours, nothing else going on", "idle"],
  ["ours, under load", "loaded"],
  ["ours, in turns with the next", "besidePostMortem"],
  [postMortem, "postMortem"],
  ["ours, in turns with the next", "besideIndexOnly"],
  ["the same counts by index-only scans", "indexOnly"],
];

/** Prints what was measured. @returns what is promised of it */
export function tell(all: readonly Measured[]): Target[] {
  const [smallest] = all;
  const largest = all.at(-1);
  if (!smallest || !largest) return [];
  const sizes = all.map(({ n }) => short(n));
  tellTimes(all, sizes);
  tellReads(all, sizes);
  tellStatements(smallest, largest);
  console.log(`Texts are tracked. Untracked, they are counted as in the post-mortem, at most once a minute: that is linear,
and is not measured here.`);

  const growth = `${short(largest.n)} / ${short(smallest.n)}`;
  const { times } = largest;
  return [
    atMost(`scrape: ${growth}`, median(times.loaded) / median(smallest.times.loaded), MOST_GROWTH),
    atLeast(
      `scrape: post-mortem's SQL at ${short(largest.n)} / ours`,
      median(times.postMortem) / median(times.besidePostMortem),
      LEAST_GAIN,
    ),
    atMost(`scrape: buffers at ${largest.rate} transitions/s`, perScrape(largest, "buffers"), MOST_BUFFERS),
    atMost(
      `scrape: buffers ${growth}`,
      perScrape(largest, "buffers") / perScrape(smallest, "buffers"),
      MOST_GROWTH,
    ),
  ];
}

function tellTimes(all: readonly Measured[], sizes: readonly string[]): void {
  table(
    ["median (p95), ms", ...sizes, "grows with n to the"],
    TIMES.map(([what, name]) => [
      what,
      ...all.map(({ times }) => `${number(median(times[name]))} (${number(quantile(times[name], 0.95))})`),
      growthOf(all, ({ times }) => median(times[name])),
    ]),
  );
}

function tellReads(all: readonly Measured[], sizes: readonly string[]): void {
  const row = (what: string, of: (measured: Measured) => number) => [
    what,
    ...all.map((measured) => number(of(measured))),
    growthOf(all, of),
  ];
  table(
    ["a scrape under load", ...sizes, "grows with n to the"],
    [
      row("transitions/s", ({ transitions }) => transitions),
      row("rows", (measured) => perScrape(measured, "rows")),
      row("buffers", (measured) => perScrape(measured, "buffers")),
    ],
  );
}

function tellStatements(smallest: Measured, largest: Measured): void {
  const buffers = ({ reads, scrapes }: Measured, query: string) =>
    (reads.find((read) => read.query === query)?.buffers ?? 0) / scrapes;
  table(
    ["buffers by statement", short(smallest.n), short(largest.n)],
    largest.reads
      .slice(0, SHOWN_STATEMENTS)
      .map(({ query }) => [
        `\`${query.replaceAll(/\s+/g, " ").replaceAll("|", "\\|").trim().slice(0, 70)}\``,
        number(buffers(smallest, query)),
        number(buffers(largest, query)),
      ]),
  );
}

function perScrape({ reads, scrapes }: Measured, what: keyof Omit<StatementReads, "query">): number {
  return reads.reduce((sum, read) => sum + read[what], 0) / scrapes;
}

function growthOf(all: readonly Measured[], cost: (measured: Measured) => number): string {
  return exponent(all.map((measured) => [measured.n, cost(measured)])).toFixed(2);
}

function short(n: number): string {
  return n >= 1e6 ? `${n / 1e6}M` : `${n / 1e3}k`;
}
