import { createChecker } from "./checker/check.ts";
import { formatViolation, type Report } from "./checker/report.ts";
import type { Begin } from "./recording/entries.ts";
import { readRecording } from "./recording/read.ts";

export interface Judged {
  begin: Pick<Begin, "seed" | "minutes">;
  report: Report;
}

/** Judges a recording. @returns each violation in words, too; none where all held */
export async function judge(file: string): Promise<Judged & { problems: string[] }> {
  const checker = createChecker();
  let begin: Judged["begin"] = { seed: 0, minutes: 0 };
  for await (const entry of readRecording(file)) {
    if (entry.type === "begin") begin = entry;
    checker.see(entry);
  }
  const report = checker.finish();
  const problems = report.violations.map((violation) =>
    formatViolation(violation, begin).replace("--check FILE", `--check ${file}`),
  );
  return { begin, report, problems };
}
