import type { Entry, Recount } from "../../recording/entries.ts";
import { keyOf } from "../exposition.ts";
import { createOrdering } from "../ordering.ts";
import type { Read, Rule, Tell } from "../rule.ts";

const finished = (outcome: string) => keyOf("tts_db_tasks_finished_total", { outcome });
const COUNTERS: Record<string, (recount: Recount) => number> = {
  tts_db_tasks_created_total: ({ created }) => created,
  tts_db_tasks_started_total: ({ created, pending }) => created - pending,
  [finished("completed")]: ({ completed }) => completed,
  [finished("failed")]: ({ failed }) => failed,
  [finished("timeout")]: ({ timeout }) => timeout,
};
const TEXTS: Record<string, (recount: Recount) => number> = {
  tts_db_texts: ({ texts }) => texts,
  tts_db_texts_completed: ({ textsCompleted }) => textsCompleted,
};
/** ms after which an answer that never came changes nothing any more */
const PATIENCE = 10_000;

interface Waiting {
  recount: Recount;
  before: Read[];
}

/** Rows that were counted between two scrapes lie between what those say. */
export function recounts(): Rule {
  const ordering = createOrdering();
  const texts = followTexts();
  let waiting: Waiting[] = [];
  return {
    name: "recounts",
    title: "rows counted between two scrapes lie between what these say",
    always: true,
    see(entry, { snapshot }, tell) {
      texts.see(entry);
      if (entry.type === "recount") {
        tell.compared();
        const { created, pending, processing, completed, failed, timeout } = entry;
        if (created !== pending + processing + completed + failed + timeout) {
          tell.wrong({ sentence: "the recount's own numbers do not add up", at: entry.end });
        }
        waiting.push({ recount: entry, before: ordering.lastBefore(entry.begin) });
      }
      if (!snapshot) return;
      ordering.add(snapshot);
      const over = waiting.filter(({ recount }) => snapshot.scrape.begin > recount.end);
      waiting = waiting.filter((one) => !over.includes(one));
      for (const { recount, before } of over) {
        for (const read of before) {
          bracket(read, recount, snapshot, COUNTERS, tell);
          if (texts.still(read.scrape.begin)) bracket(read, recount, snapshot, TEXTS, tell, "equal");
        }
      }
    },
  };
}

function bracket(
  before: Read,
  recount: Recount,
  after: Read,
  series: typeof COUNTERS,
  tell: Tell,
  how: "between" | "equal" = "between",
): void {
  for (const [key, of] of Object.entries(series)) {
    const [low, high] = [before.reading.values.get(key), after.reading.values.get(key)];
    const rows = of(recount);
    if (low === undefined || high === undefined) continue;
    tell.compared();
    if (how === "between" ? low <= rows && rows <= high : low === rows && rows === high) continue;
    tell.wrong({
      sentence:
        how === "between"
          ? "a recount of the rows is not between the scrapes around it"
          : "nothing has changed, and a recount of the texts is not what the scrapes around it say",
      at: recount.end,
      scrapes: [before.scrape, after.scrape],
      series: key,
      values: {
        before: low,
        recount: rows,
        after: high,
        "counted from, ms": recount.begin,
        "to, ms": recount.end,
      },
    });
  }
}

/** Since when nobody has changed texts or audios. */
function followTexts() {
  const open = new Map<number, number>();
  const touches = (entry: Extract<Entry, { type: "asked" }>) => entry.may.texts ?? entry.may.textsCompleted;
  let last = 0;
  return {
    see(entry: Entry): void {
      if (entry.type === "asked" && touches(entry) !== undefined) {
        open.set(entry.id, entry.at);
        last = entry.at;
      }
      if (entry.type === "answered" && open.delete(entry.id)) {
        last = entry.at;
        if (entry.still && Object.keys(entry.still).length > 0) open.set(entry.id, entry.at);
      }
    },
    still(since: number): boolean {
      return last < since && [...open.values()].every((at) => at < since - PATIENCE);
    },
  };
}
