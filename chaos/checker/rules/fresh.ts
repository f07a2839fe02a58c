import type { Rule } from "../rule.ts";

const SNAPSHOT = "tts_db_snapshot_timestamp_seconds";
const TEXTS = "tts_db_texts_timestamp_seconds";
/** ms by which this machine's clock may have been set while the run went on */
const TOLERANCE = 100;

/** A snapshot is taken after its scrape began and before it ended, by the one clock of database and recorder. */
export function fresh(): Rule {
  return {
    name: "fresh",
    title: "numbers of the database are of a snapshot taken during the scrape",
    always: true,
    see(_entry, { snapshot, begin }, tell) {
      if (!snapshot) return;
      const { scrape, reading } = snapshot;
      const tracked = reading.values.get("tts_monitor_texts_tracked") === 1;
      for (const series of tracked ? [SNAPSHOT, TEXTS] : [SNAPSHOT]) {
        const value = reading.values.get(series);
        if (value === undefined) continue;
        tell.compared();
        const taken = 1000 * value - begin.startedAt;
        if (taken >= scrape.begin - TOLERANCE && taken <= scrape.end + TOLERANCE) continue;
        tell.wrong({
          sentence:
            taken < scrape.begin ? "the numbers are older than the scrape" : "the numbers are of later",
          at: scrape.end,
          scrapes: [scrape],
          series,
          values: { "taken at, ms of the run": taken },
        });
      }
    },
  };
}
