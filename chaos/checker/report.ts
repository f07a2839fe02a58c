import type { Begin, Ms, Scrape } from "../recording/entries.ts";
import type { FaultSpan } from "./faults.ts";

/** Something that a rule has found to be wrong. */
export interface Finding {
  /** a plain sentence */
  sentence: string;
  at: Ms;
  /** the one or two that it was found in */
  scrapes?: readonly Pick<Scrape, "part" | "life" | "begin" | "end">[];
  series?: string;
  values?: Readonly<Record<string, number | string | undefined>>;
}

export interface Violation extends Finding {
  rule: string;
  /** those that were going on then, or had just ended */
  faults: readonly FaultSpan[];
}

export interface Figures {
  /** s that the recording spans */
  seconds: number;
  /** by the part's kind */
  scrapes: Record<string, number>;
  /** by the fault's kind */
  faults: Record<string, number>;
  recounts: number;
  calls: { asked: number; acknowledged: number; refused: number; unknown: number };
  /** by rule: how often it has compared something */
  compared: Record<string, number>;
  /** by rule: all that it has found, those too that are not kept */
  found: Record<string, number>;
  /** faults that left no trace, and may, by kind */
  masked: Record<string, number>;
}

export interface Report {
  /** the first of each rule; `figures.found` counts all */
  violations: Violation[];
  figures: Figures;
}

/** @returns several lines: what was wrong, where, amid what, and how to see it again */
export function formatViolation(violation: Violation, begin: Pick<Begin, "minutes" | "seed">): string {
  const { rule, sentence, at, scrapes = [], series, values, faults } = violation;
  return [
    `${rule}: ${sentence}`,
    `  at ${seconds(at)}`,
    ...scrapes.map(
      ({ part, life, begin: from, end }) =>
        `  scrape of ${part} (life ${life}) from ${from.toFixed(1)} ms to ${end.toFixed(1)} ms`,
    ),
    ...(series === undefined ? [] : [`  series ${series}`]),
    ...Object.entries(values ?? {}).map(([name, value]) => `  ${name}: ${value ?? "absent"}`),
    ...faults.map(
      ({ id, kind, targets, begin: from, end }) =>
        `  fault ${id} ${kind} on ${targets.join(", ")} from ${seconds(from)}${
          Number.isFinite(end) ? ` to ${seconds(end)}` : ", going on"
        }`,
    ),
    `  again: npm run chaos -- --minutes ${begin.minutes} --seed ${begin.seed}`,
    "  the same recording: npm run chaos -- --check FILE",
  ].join("\n");
}

function seconds(at: Ms): string {
  return `${(at / 1000).toFixed(3)} s`;
}
