import {
  COLLECTORS,
  collectorOf,
  DATABASE_FAMILIES,
  DATABASE_SERIES,
  familyOf,
  OWN_SERIES,
  WORKER_SERIES,
} from "../expected.ts";
import { keyOf, type Reading } from "../exposition.ts";
import type { Read, Rule, Tell } from "../rule.ts";

const success = (collector: string) => keyOf("tts_monitor_collector_success", { collector });

/** All that should be there is there, and where the database was not read nothing of it is. */
export function families(): Rule {
  return {
    name: "families",
    title:
      "`tts_db_up 1`: every family is there, but for those of a collector that failed; `tts_db_up 0`: none is",
    always: true,
    see(_entry, { read, parts }, tell) {
      if (!read) return;
      const kind = parts.kindOf(read.scrape.part);
      tell.compared();
      if (kind === "worker") absent(WORKER_SERIES, read, tell);
      if (kind !== "exporter") return;
      absent([...OWN_SERIES, ...COLLECTORS.map(success)], read, tell);
      const up = read.reading.values.get("tts_db_up");
      if (up === 1) whole(read, tell);
      else if (up === 0) nothing(read, tell);
      else wrong(tell, read, "tts_db_up is neither 0 nor 1", "tts_db_up", { up });
    },
  };
}

/** `/metrics` is well formed, and no series is there twice. */
export function wellFormed(): Rule {
  return {
    name: "well formed",
    title: "`/metrics` is well formed, and no series is there twice",
    always: true,
    see(_entry, { read }, tell) {
      if (!read) return;
      tell.compared();
      for (const problem of read.reading.problems) wrong(tell, read, problem);
    },
  };
}

/** The snapshot was taken: all of each collector that succeeded, none of one that did not, and nothing else. */
function whole(read: Read, tell: Tell): void {
  const failed = new Set(COLLECTORS.filter((name) => read.reading.values.get(success(name)) === 0));
  const there = DATABASE_SERIES.filter(({ collector }) => collector === undefined || !failed.has(collector));
  absent(
    there.map(({ key }) => key),
    read,
    tell,
  );
  for (const { key, name } of ofDatabase(read.reading)) {
    const collector = collectorOf(name);
    if (collector !== undefined && failed.has(collector)) {
      wrong(tell, read, `the collector ${collector} has failed, and something of it is there`, key);
    }
    if (!DATABASE_FAMILIES.has(familyOf(name))) wrong(tell, read, "nobody has defined this family", key);
  }
}

/** The snapshot was not taken: no number of the database, old or zero. */
function nothing(read: Read, tell: Tell): void {
  for (const { key } of ofDatabase(read.reading)) {
    if (key !== "tts_db_up") wrong(tell, read, "the database is not up, and something of it is there", key);
  }
  for (const collector of COLLECTORS) {
    if (read.reading.values.get(success(collector)) === 1) {
      wrong(tell, read, "the database is not up, and a collector has succeeded", success(collector));
    }
  }
}

function ofDatabase({ series }: Reading) {
  return series.filter((one) => one.ofDatabase);
}

function absent(keys: readonly string[], read: Read, tell: Tell): void {
  for (const key of keys) {
    if (!read.reading.values.has(key)) wrong(tell, read, "a series is absent", key);
  }
}

function wrong(
  tell: Tell,
  { scrape }: Read,
  sentence: string,
  series?: string,
  values?: Record<string, number | undefined>,
): void {
  tell.wrong({
    sentence,
    at: scrape.end,
    scrapes: [scrape],
    ...(series !== undefined && { series }),
    ...(values && { values }),
  });
}
