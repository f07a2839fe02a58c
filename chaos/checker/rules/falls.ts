import type { Scrape } from "../../recording/entries.ts";
import { keyOf, type Series } from "../exposition.ts";
import { createOrdering, type Ordering } from "../ordering.ts";
import type { Read, Rule, Tell } from "../rule.ts";

const BOOKS = keyOf("tts_monitor_collector_success", { collector: "tasks" });
const isOfDatabase = ({ ofDatabase, counts }: Series) => counts && ofDatabase;
const isOfProcess = ({ ofDatabase, counts }: Series) => counts && !ofDatabase;

/** No counter of the database falls from one scrape of an exporter to its next, over its lives too. */
export function falls(): Rule {
  return comparing({
    name: "falls",
    title: "no counter of the database falls, over restarts, crashes, failovers and pruning",
    counter: isOfDatabase,
    among: ({ part }) => part,
    pair: () => true,
  });
}

/** Nor from a scrape of one exporter to one of another that began after it had ended: snapshots have one order. */
export function order(): Rule {
  return comparing({
    name: "order",
    title: "nor from one exporter's scrape to a later one of the other",
    counter: isOfDatabase,
    among: () => "all",
    pair: (before, now) => before.part !== now.part,
  });
}

/** A process's own counters do not fall while it lives. */
export function ownCounters(): Rule {
  return comparing({
    name: "own counters",
    title: "a process's own counters do not fall while it lives",
    counter: isOfProcess,
    among: ({ part, life }) => `${part}#${life}`,
    pair: () => true,
  });
}

interface Comparison extends Pick<Rule, "name" | "title"> {
  counter(series: Series): boolean;
  /** scrapes with the same word are compared */
  among(scrape: Scrape): string;
  pair(before: Scrape, now: Scrape): boolean;
}

function comparing({ name, title, counter, among, pair }: Comparison): Rule {
  const orderings = new Map<string, Ordering>();
  return {
    name,
    title,
    always: true,
    see(_entry, { read, snapshot }, tell) {
      const now = counter === isOfDatabase ? withBooks(snapshot) : read;
      if (!now) return;
      const key = among(now.scrape);
      const ordering = orderings.get(key) ?? createOrdering();
      orderings.set(key, ordering);
      for (const before of ordering.add(now)) {
        if (pair(before.scrape, now.scrape)) compare(before, now, counter, tell);
      }
    },
  };
}

/** All counters of the database are of one collector; where it failed, they are gone for a reason. */
function withBooks(snapshot: Read | undefined): Read | undefined {
  return snapshot?.reading.values.get(BOOKS) === 1 ? snapshot : undefined;
}

function compare(before: Read, now: Read, counter: (series: Series) => boolean, tell: Tell): void {
  tell.compared();
  for (const series of before.reading.series) {
    if (!counter(series)) continue;
    const [was, is] = [before.reading.values.get(series.key), now.reading.values.get(series.key)];
    if (was === undefined || (is !== undefined && is >= was)) continue;
    tell.wrong({
      sentence: is === undefined ? "a counter has gone" : "a counter has fallen",
      at: now.scrape.end,
      scrapes: [before.scrape, now.scrape],
      series: series.key,
      values: { before: was, after: is },
    });
  }
}
