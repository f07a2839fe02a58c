import { markdownTable } from "../bench/support/report.ts";
import { createRules } from "./checker/rules.ts";
import { KINDS } from "./faults/kinds.ts";
import type { Judged } from "./judge.ts";

/** What the runs were, what befell them and what was found, in Markdown. */
export function summary(judged: readonly Judged[]): string {
  return [runs(judged), faults(judged), rules(judged)].join("\n\n");
}

function runs(judged: readonly Judged[]): string {
  const rows = judged.map(({ begin, report: { figures } }) => [
    String(begin.seed),
    figures.seconds / 60,
    sum(figures.faults),
    sum(figures.scrapes),
    figures.recounts,
    figures.calls.asked,
    figures.calls.acknowledged,
    sum(figures.found),
  ]);
  const total = [
    "all",
    ...Array.from({ length: 7 }, (_, column) => rows.reduce((all, row) => all + Number(row[column + 1]), 0)),
  ];
  const shown = [...rows, total].map(([seed, minutes, ...counts]) => [
    String(seed),
    Number(minutes).toFixed(1),
    ...counts.map((count) => count.toLocaleString("en")),
  ]);
  return markdownTable(
    ["seed", "minutes", "faults", "scrapes", "recounts", "calls", "acknowledged", "violations"],
    shown,
  );
}

function faults(judged: readonly Judged[]): string {
  const rows = Object.entries(KINDS).map(([kind, { title }]) => {
    const count = (which: "faults" | "masked") =>
      String(judged.reduce((all, { report }) => all + (report.figures[which][kind] ?? 0), 0));
    return [`\`${kind}\``, title, count("faults"), count("masked")];
  });
  return markdownTable(["fault", "what is done", "times", "without a trace"], rows);
}

function rules(judged: readonly Judged[]): string {
  const of = (name: string, which: "compared" | "found") =>
    judged.reduce((all, { report }) => all + (report.figures[which][name] ?? 0), 0);
  return markdownTable(
    ["rule", "what always holds", "compared", "violations"],
    createRules().map(({ name, title }) => [
      name,
      title,
      of(name, "compared").toLocaleString("en"),
      String(of(name, "found")),
    ]),
  );
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((all, count) => all + count, 0);
}
