import { readExposition } from "../checker/exposition.ts";
import type { Entry, Scrape } from "../recording/entries.ts";
import {
  everyLaterSnapshot,
  isSnapshot,
  type Mutant,
  oneEntry,
  oneSnapshot,
  scrapesOf,
  valueIn,
  without,
  withValue,
} from "./mutant.ts";

const COMPLETED = { outcome: "completed" };
const FINISHED = "tts_db_tasks_finished_total";
const CREATED = "tts_db_tasks_created_total";
const DEDUPLICATED = "tts_db_tasks_deduplicated_total";
const OWN = "tts_monitor_scrapes_total";
const STARTED_HERE = "tts_worker_tasks_started_total";

/** What is wrong only beside another scrape, or beside what was asked for. */
export const BETWEEN_SCRAPES: readonly Mutant[] = [
  oneSnapshot("a counter falls by one", "falls", (scrape, entries, random) => {
    const before = previous(scrape, entries);
    if (!before) return undefined;
    const reasons = random.shuffle(
      readExposition(before).series.filter(({ name }) => /^tts_db_\w+_total$/.test(name)),
    );
    const fallen = reasons.find(({ key }) => (readExposition(before).values.get(key) ?? 0) > 0);
    if (!fallen) return undefined;
    const was = valueIn(before, fallen.name, fallen.labels);
    return withValue(scrape, fallen.name, fallen.labels, () => was - 1);
  }),
  oneSnapshot(
    "a counter goes for one scrape",
    "falls",
    (scrape, entries) => previous(scrape, entries) && without(scrape, "tts_db_late_writes_total"),
  ),
  everyLaterSnapshot(
    "a counter begins anew, as if it were kept in memory",
    "falls",
    (scrape, entries) => scrape.begin > halfOf(entries) && valueIn(scrape, FINISHED, COMPLETED) > 3,
    (scrape, first) => {
      const lost = valueIn(first, FINISHED, COMPLETED);
      return withValue(scrape, FINISHED, COMPLETED, (value) => value - lost);
    },
  ),
  oneEntry("an exporter shows its last numbers again", "order", "scrape", (scrape, entries) => {
    const before = previous(scrape, entries);
    const between =
      before &&
      scrapesOf(entries).findLast(
        ({ part, begin, end, ...rest }) =>
          part !== scrape.part &&
          end < scrape.begin &&
          begin > before.end &&
          isSnapshot({ part, begin, end, ...rest }),
      );
    if (!before || !between || !isSnapshot(scrape)) return undefined;
    return valueIn(between, CREATED) > valueIn(before, CREATED)
      ? [{ ...scrape, body: before.body }]
      : undefined;
  }),
  oneEntry("a worker's counter falls while it lives", "own counters", "scrape", (scrape, entries) => {
    const before = previous(scrape, entries);
    const was = before ? valueIn(before, STARTED_HERE) : 0;
    return was > 0 ? [withValue(scrape, STARTED_HERE, {}, () => was - 1)] : undefined;
  }),
  oneEntry("an exporter's counter falls while it lives", "own counters", "scrape", (scrape, entries) => {
    const before = previous(scrape, entries);
    const was = before ? valueIn(before, OWN, { result: "fresh" }) : 0;
    return was > 0 ? [withValue(scrape, OWN, { result: "fresh" }, () => 0)] : undefined;
  }),
  everyLaterSnapshot(
    "an acknowledged end is lost",
    "calls",
    (scrape, entries) => answeredBefore(scrape, entries, "completed") > 0,
    (scrape) => withValue(scrape, FINISHED, COMPLETED, (value) => value - 1),
  ),
  everyLaterSnapshot(
    "an acknowledged text is lost",
    "calls",
    (scrape, entries) => answeredBefore(scrape, entries, "texts") > 0,
    (scrape) => withValue(scrape, "tts_db_texts", {}, (value) => value - 1),
  ),
  everyLaterSnapshot(
    "a duplicate is counted that nobody has sent",
    "calls",
    (scrape, entries) => scrape.begin > halfOf(entries),
    (scrape) => withValue(scrape, DEDUPLICATED, {}, (value) => value + 1000),
  ),
  everyLaterSnapshot(
    "an acknowledged start is lost",
    "rows",
    (scrape, entries) => answeredBefore(scrape, entries, "started") > 0,
    (scrape) => withValue(scrape, CREATED, {}, (value) => value - 1),
  ),
  everyLaterSnapshot(
    "an end is counted twice",
    "rows",
    (scrape, entries) => scrape.begin > halfOf(entries),
    (scrape) => withValue(scrape, FINISHED, COMPLETED, (value) => value + 1),
  ),
  everyLaterSnapshot(
    "a slot is never given back",
    "limit",
    (scrape, entries) => scrape.begin > halfOf(entries),
    (scrape) => withValue(scrape, "tts_db_concurrency_in_use", {}, (value) => Math.max(1, value)),
  ),
];

/** The one before it of the same process, with all numbers where this one has them. */
function previous(scrape: Scrape, entries: readonly Entry[]): Scrape | undefined {
  return scrapesOf(entries).findLast(
    (other) =>
      other.part === scrape.part &&
      other.life === scrape.life &&
      other.end < scrape.begin &&
      other.status === 200 &&
      isSnapshot(other) === isSnapshot(scrape),
  );
}

function halfOf(entries: readonly Entry[]): number {
  const last = scrapesOf(entries).at(-1);
  return last ? last.begin / 2 : 0;
}

function answeredBefore(
  { begin }: Scrape,
  entries: readonly Entry[],
  quantity: "completed" | "started" | "texts",
): number {
  return entries.filter(
    (entry) => entry.type === "answered" && entry.at < begin && (entry.did[quantity] ?? 0) > 0,
  ).length;
}
