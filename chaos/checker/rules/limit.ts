import { keyOf } from "../exposition.ts";
import { phaseBegin, type Read, type Rule, type Tell } from "../rule.ts";

const PROCESSING = keyOf("tts_db_tasks", { status: "processing" });
const IN_USE = "tts_db_concurrency_in_use";
const LIMIT = keyOf("tts_db_concurrency_limit", { scope: "global" });

/** Never are more tasks in processing than the global limit allows, and at the end none is. */
export function limit(): Rule {
  const last = new Map<string, Read>();
  return {
    name: "limit",
    title: "the global limit is never exceeded, and in the end no slot is taken",
    always: true,
    see(entry, context, tell) {
      const { globalLimit } = context.begin.settings;
      if (entry.type === "recount") {
        tell.compared();
        if (entry.processing > globalLimit) {
          tell.wrong({
            sentence: "a recount found more tasks in processing than may be",
            at: entry.end,
            values: { processing: entry.processing, limit: globalLimit },
          });
        }
      }
      const { snapshot } = context;
      if (!snapshot) return;
      for (const series of [PROCESSING, IN_USE]) {
        const value = snapshot.reading.values.get(series);
        if (value === undefined) continue;
        tell.compared();
        if (value > globalLimit)
          wrong("more tasks are in processing than may be", snapshot, series, tell, { limit: globalLimit });
      }
      const shown = snapshot.reading.values.get(LIMIT);
      const known = snapshot.reading.values.has(IN_USE);
      if (known && shown !== globalLimit)
        wrong("the limit is another one", snapshot, LIMIT, tell, { limit: globalLimit });
      if (snapshot.scrape.begin >= (phaseBegin(context, "final") ?? Number.POSITIVE_INFINITY)) {
        last.set(snapshot.scrape.part, snapshot);
      }
    },
    finish(_context, tell) {
      for (const read of last.values()) {
        tell.compared();
        for (const series of [PROCESSING, IN_USE]) {
          if ((read.reading.values.get(series) ?? 0) > 0)
            wrong("a slot is taken after all has ended", read, series, tell);
        }
      }
    },
  };
}

function wrong(
  sentence: string,
  { scrape, reading }: Read,
  series: string,
  tell: Tell,
  more: object = {},
): void {
  tell.wrong({
    sentence,
    at: scrape.end,
    scrapes: [scrape],
    series,
    values: { value: reading.values.get(series), ...more },
  });
}
