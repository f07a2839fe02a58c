import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";

/** What is wrong with the dashboard; each problem names the panel or variable that has it. */
export type Lint = (board: Dashboard) => string[];

/** A lint, and dashboards with one fault each that it must find. */
export interface ProvenLint {
  /** what is true where it finds nothing */
  claim: string;
  lint: Lint;
  broken: readonly Dashboard[];
}

/** The problem where the condition does not hold. */
export function unless(holds: boolean, problem: string): string[] {
  return holds ? [] : [problem];
}

/** The values that occur more than once. */
export function repeatedIn<T>(values: readonly T[]): T[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}

/** Every text in it, however deep. */
export function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
