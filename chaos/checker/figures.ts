import type { Entry } from "../recording/entries.ts";
import type { PartLog } from "./parts.ts";
import type { Figures } from "./report.ts";
import { timeOf } from "./rule.ts";

/** Counts what is in a recording. */
export function createFigures(parts: PartLog) {
  const figures: Figures = {
    seconds: 0,
    scrapes: {},
    faults: {},
    recounts: 0,
    calls: { asked: 0, acknowledged: 0, refused: 0, unknown: 0 },
    compared: {},
    found: {},
    masked: {},
  };
  return {
    figures,
    see(entry: Entry): void {
      figures.seconds = Math.max(figures.seconds, timeOf(entry) / 1000);
      if (entry.type === "scrape") countIn(figures.scrapes, parts.kindOf(entry.part) ?? entry.part);
      if (entry.type === "fault" && entry.what === "begin") countIn(figures.faults, entry.kind);
      if (entry.type === "recount") figures.recounts++;
      if (entry.type === "asked") figures.calls.asked++;
      if (entry.type === "answered") figures.calls[entry.outcome]++;
    },
  };
}

export function countIn(counts: Record<string, number>, word: string, times = 1): void {
  counts[word] = (counts[word] ?? 0) + times;
}
