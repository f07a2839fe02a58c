import { readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { markdownTable, type Target } from "./report.ts";

const FILE = "docs/benchmarks.md";

/** What a benchmark prints, from which its targets are read again. */
export interface Outcome {
  name: string;
  output: string;
}

export function targetsIn(output: string): Target[] {
  return output
    .split("\n")
    .filter((line) => line.startsWith('{"bench"'))
    .map((line) => JSON.parse(line) as Target);
}

export function summary(targets: readonly Target[]): string {
  return markdownTable(
    ["promise", "measured", "target", ""],
    targets.map(({ bench, ratio, target, ok }) => [bench, ratio, target, ok ? "kept" : "**missed**"]),
  );
}

/** Puts results into docs/benchmarks.md, in place of those that these benchmarks had there. */
export function record(outcomes: readonly Outcome[], order: readonly string[]): void {
  const [introduction = "", ...old] = readFileSync(FILE, "utf8").split(/^(?=## )/m);
  const sections = new Map(
    old.map((section) => [/^## (\S+)/.exec(section)?.[1] ?? "", `${section.trimEnd()}\n`]),
  );
  for (const { name, output } of outcomes)
    sections.set(name, `## ${name}\n\n${machine()}\n\n${tidied(output)}\n`);
  const kept = order.flatMap((name) => sections.get(name) ?? []);
  const [head = ""] = introduction.split(/^\| promise/m);
  writeFileSync(FILE, `${head}${summary(targetsIn(kept.join("\n")))}\n\n${kept.join("\n")}`);
}

/** One sentence: when, and on what, something was measured. */
export function machine(): string {
  const [first] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  const date = new Date().toISOString().slice(0, 10);
  return `Measured on ${date}: ${cpus().length} cores (${first?.model.trim()}), ${memory} GiB, Node.js ${process.version}.`;
}

/** The targets' lines as a block of code. */
function tidied(output: string): string {
  return output
    .trim()
    .replaceAll(/\n{3,}/g, "\n\n")
    .replace(/^(\{"bench".*\n?)+$/m, (lines) => `\`\`\`json\n${lines.trim()}\n\`\`\``);
}
