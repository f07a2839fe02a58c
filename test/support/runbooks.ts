import { readdirSync, readFileSync } from "node:fs";

/** Texts by the name of their alert. */
export const RUNBOOKS: Readonly<Record<string, string>> = Object.fromEntries(
  readdirSync("docs/runbooks").map((file) => [
    file.replace(/\.md$/, ""),
    readFileSync(`docs/runbooks/${file}`, "utf8"),
  ]),
);

/** The PromQL of a runbook, or of all. */
export function queriesOf(text = Object.values(RUNBOOKS).join("\n")): string[] {
  return [...text.matchAll(/^ *```promql\n([\s\S]*?)^ *```$/gm)].map(([, query = ""]) => query.trim());
}
