import { living, type Memory } from "../support/memory.ts";
import { atMost, number, quick, report, table } from "../support/report.ts";
import { quantile } from "../support/statistics.ts";

const KB = 1000;
const MB = 1e6;

export interface Result {
  clients: number;
  /** s */
  openedIn: number;
  /** without any client */
  before: Memory;
  during: Memory;
  after: Memory;
  /** bytes, nothing collected before */
  highest: number;
  /** commits a second */
  rate: number;
  /** from commit to client, ms */
  delays: number[];
}

/** Prints what was measured, and the promises for the most clients, who come last. */
export function tell(results: readonly Result[]): void {
  const mb = (bytes: number) => number(bytes / MB);
  table(
    [
      ...["clients", "opened in", "RSS without any", "RSS with them", "RSS each", "heap and buffers each"],
      ...["highest RSS", "RSS when gone", "heap and buffers that stayed"],
    ],
    results.map((result) => [
      result.clients,
      `${number(result.openedIn)} s`,
      `${mb(result.before.rss)} MB`,
      `${mb(result.during.rss)} MB`,
      `${number(kbEach(result, ({ rss }) => rss))} kB`,
      `${number(kbEach(result, living))} kB`,
      `${mb(result.highest)} MB`,
      `${mb(result.after.rss)} MB`,
      `${mb(living(result.after) - living(result.before))} MB`,
    ]),
  );
  table(
    ["clients", "events", "a second", "p50", "p99", "slowest", "never told"],
    results.map(({ clients, rate, delays }) => [
      clients,
      delays.length,
      number(rate),
      ...[0.5, 0.99, 1].map((share) => `${number(quantile(delays, share))} ms`),
      delays.filter((delay) => delay === Number.POSITIVE_INFINITY).length,
    ]),
  );
  const most = results.at(-1);
  if (!most) return;
  const at = `at ${most.clients.toLocaleString("en")}`;
  const each = kbEach(most, ({ rss }) => rss);
  report([
    // Of few clients it is mostly what the first one costs.
    ...(quick ? [] : [atMost(`streams: kB per client ${at}`, each, 25)]),
    atMost(`streams: p99 of delivery in seconds ${at}`, quantile(most.delays, 0.99) / 1000, 1),
  ]);
}

/** What one client costs, in kB. */
function kbEach({ clients, before, during }: Result, of: (memory: Memory) => number): number {
  return (of(during) - of(before)) / clients / KB;
}
