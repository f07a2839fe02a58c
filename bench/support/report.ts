/** One promise and what was measured of it. */
export interface Target {
  /** the benchmark and what of it */
  bench: string;
  ratio: number;
  /** as `≤ 1.2` */
  target: string;
  ok: boolean;
}

/** Whether the benchmark shall be short: it then shows that everything runs, and its figures mean little. */
export const quick = process.argv.includes("--quick");

/** The measured value must not be above the limit. */
export function atMost(bench: string, ratio: number, limit: number): Target {
  return { bench, ratio: rounded(ratio), target: `≤ ${limit}`, ok: ratio <= limit };
}

/** The measured value must not be below the limit. */
export function atLeast(bench: string, ratio: number, limit: number): Target {
  return { bench, ratio: rounded(ratio), target: `≥ ${limit}`, ok: ratio >= limit };
}

/**
 * A promise that does not depend on the machine: where it is missed, the benchmark fails in a quick run too.
 * @throws then
 */
export function always(target: Target): Target {
  if (!target.ok && quick) throw new Error(`missed: ${JSON.stringify(target)}`);
  return target;
}

/** Prints the targets as a benchmark's last lines, one JSON object each, for `bench/run.ts` to read. */
export function report(targets: readonly Target[]): void {
  console.log();
  for (const target of targets) console.log(JSON.stringify(target));
}

/** Prints a table, in Markdown, so that it can stand in a document as it is. */
export function table(head: readonly string[], rows: readonly Row[]): void {
  console.log(`\n${markdownTable(head, rows)}\n`);
}

type Row = readonly (string | number)[];

export function markdownTable(head: readonly string[], rows: readonly Row[]): string {
  const cells = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0), 3));
  const line = (row: readonly string[]) =>
    `| ${widths.map((width, column) => (row[column] ?? "").padEnd(width)).join(" | ")} |`;
  const [first = [], ...rest] = cells;
  return [line(first), line(widths.map((width) => "-".repeat(width))), ...rest.map(line)].join("\n");
}

/** Tells what is going on, apart from the results. */
export function progress(what: string): void {
  console.error(`  ${what}`);
}

/** Three significant digits, and no exponent. */
export function number(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(rounded(value));
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
