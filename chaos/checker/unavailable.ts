import type { Ms } from "../recording/entries.ts";
import type { FaultSpan } from "./faults.ts";
import type { Context } from "./rule.ts";

/** ms after such a fault in which all connect again */
const RECOVERY = 2000;

/** ms of this time in which nobody could sweep: the database or each of the exporters could not do its work. */
export function unavailable(from: Ms, to: Ms, { faults, parts }: Context): number {
  const near = faults.during(from - RECOVERY, to);
  const exporters = [...new Set(parts.all.filter(({ kind }) => kind === "exporter").map(({ part }) => part))];
  const ofOne = exporters.map((exporter) => near.filter(({ targets }) => targets.includes(exporter)));
  const together = ofOne.reduce(
    (spans, own) => spans.flatMap((span) => own.flatMap((other) => overlap(span, other))),
    [{ begin: from - RECOVERY, end: to }],
  );
  const spans = [
    ...near.filter(({ targets }) => targets.includes("postgres")),
    ...(exporters.length > 0 ? together : []),
  ];
  return union(
    spans.map(({ begin, end }) => ({ begin: Math.max(begin, from), end: Math.min(end + RECOVERY, to) })),
  );
}

type Span = Pick<FaultSpan, "begin" | "end">;

function overlap(a: Span, b: Span): Span[] {
  const both = { begin: Math.max(a.begin, b.begin), end: Math.min(a.end, b.end) };
  return both.begin < both.end ? [both] : [];
}

function union(spans: Span[]): number {
  let [sum, until] = [0, Number.NEGATIVE_INFINITY];
  for (const { begin, end } of spans.sort((a, b) => a.begin - b.begin)) {
    sum += Math.max(0, end - Math.max(begin, until));
    until = Math.max(until, end);
  }
  return sum;
}
