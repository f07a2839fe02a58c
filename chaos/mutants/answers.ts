import type { Entry, Scrape } from "../recording/entries.ts";
import { firstPhase, type Mutant, oneEntry, oneSnapshot, withValue } from "./mutant.ts";

/** What is wrong with how, and when, a scrape is answered. */
export const ANSWERS: readonly Mutant[] = [
  oneSnapshot("a scrape of four seconds", "answers", (scrape, entries) =>
    calm(scrape, entries) ? { ...scrape, end: scrape.begin + scrape.lag + 4000 } : undefined,
  ),
  oneSnapshot("a scrape is answered with 503", "answers", (scrape) => ({
    ...scrape,
    status: 503,
    contentType: "application/json; charset=utf-8",
    body: '{"error":"the database does not answer"}',
  })),
  oneSnapshot("a living exporter does not answer", "answers", (scrape, entries) =>
    calm(scrape, entries) ? unanswered(scrape) : undefined,
  ),
  oneEntry("a living worker does not answer", "answers", "scrape", (scrape, entries) =>
    scrape.part.startsWith("worker") && scrape.status === 200 && calm(scrape, entries)
      ? [unanswered(scrape)]
      : undefined,
  ),
  oneSnapshot("the content type has no version", "answers", (scrape) => ({
    ...scrape,
    contentType: "text/plain; charset=utf-8",
  })),
  oneSnapshot("the database seems away, and nothing has befallen it", "calm", (scrape, entries) =>
    entries.some(
      ({ type, ...entry }) =>
        type === "fault" &&
        "at" in entry &&
        entry.at > scrape.begin - 11_000 &&
        entry.at < scrape.begin + 200,
    ) || scrape.begin < firstPhase(entries)
      ? undefined
      : withValue(scrape, "tts_db_up", {}, () => 0),
  ),
  oneSnapshot("an old snapshot", "fresh", (scrape, entries) => at(scrape, entries, scrape.begin - 300)),
  oneSnapshot("a snapshot of the exporter's clock, which is ahead", "fresh", (scrape, entries) =>
    at(scrape, entries, scrape.end + 3_600_000),
  ),
  oneSnapshot("texts that were counted before", "fresh", (scrape) =>
    withValue(scrape, "tts_db_texts_timestamp_seconds", {}, (value) => value - 30),
  ),
];

function unanswered(scrape: Scrape): Scrape {
  return { ...scrape, status: 0, contentType: "", body: "", error: "socket hang up" };
}

function at(scrape: Scrape, [begin]: readonly Entry[], moment: number): Scrape | undefined {
  if (begin?.type !== "begin") return undefined;
  return withValue(scrape, "tts_db_snapshot_timestamp_seconds", {}, () => (begin.startedAt + moment) / 1000);
}

/** Nothing befalls the part then, and its process lives on. */
function calm({ part, begin, end }: Scrape, entries: readonly Entry[]): boolean {
  return !entries.some(
    (entry) =>
      (entry.type === "process" &&
        entry.part === part &&
        Math.abs(entry.at - begin) < 20_000 &&
        entry.what === "ended") ||
      (entry.type === "fault" &&
        entry.what === "begin" &&
        entry.targets.includes(part) &&
        entry.at > begin - 20_000 &&
        entry.at < end + 5000),
  );
}
