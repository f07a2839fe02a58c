import { readFileSync, writeFileSync } from "node:fs";
import { machine } from "../bench/support/record.ts";
import type { Judged } from "./judge.ts";
import { summary } from "./summary.ts";

const FILE = "docs/reliability.md";
const BEGIN = "<!-- figures: npm run chaos -- --check FILE … --document -->";
const END = "<!-- end of figures -->";

/** Puts the figures of runs into docs/reliability.md, in place of those that are there. */
export function document(judged: readonly Judged[]): void {
  const text = readFileSync(FILE, "utf8");
  const [before, rest] = text.split(BEGIN);
  const [, after] = rest?.split(END) ?? [];
  if (before === undefined || after === undefined) throw new Error(`${FILE} has no place for figures`);
  writeFileSync(FILE, `${before}${BEGIN}\n\n${machine()}\n\n${summary(judged)}\n\n${END}${after}`);
}
