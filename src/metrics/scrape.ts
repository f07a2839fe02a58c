import { byLabel, type Family, type Measurement, value } from "../collectors/collector.ts";
import type { CollectorResult } from "../collectors/run.ts";
import { inTime } from "../domain/in-time.ts";
import { recordOf } from "../domain/record-of.ts";
import type { SelfMetrics } from "./self-metrics.ts";
import { sharedRun } from "./shared-run.ts";

const UP: Family = { name: "tts_db_up", help: "1 when the database's snapshot was taken.", type: "gauge" };
const SNAPSHOT_AT: Family = {
  name: "tts_db_snapshot_timestamp_seconds",
  help: "When the snapshot was taken, by the database's clock.",
  type: "gauge",
};
const CLOCK_SKEW: Family = {
  name: "tts_monitor_db_clock_skew_seconds",
  help: "By how much the database's clock is ahead of the exporter's.",
  type: "gauge",
};
const SUCCESS: Family = {
  name: "tts_monitor_collector_success",
  help: "Whether the collector answered in this scrape; its families are absent when not.",
  type: "gauge",
  labels: ["collector"],
};
const DURATION: Family = {
  name: "tts_monitor_collector_duration_seconds",
  help: "Duration of the collector's last run.",
  type: "gauge",
  labels: ["collector"],
};
const BUILD_INFO: Family = {
  name: "tts_monitor_build_info",
  help: "Always 1; versions of the program, of Node.js and of the database's schema.",
  type: "gauge",
  labels: ["version", "node_version", "schema_version"],
};

/** The families that the scrape itself adds to those of its collectors. */
export const SCRAPE_FAMILIES = [UP, SNAPSHOT_AT, CLOCK_SKEW, SUCCESS, DURATION, BUILD_INFO];

/** The longest that a scrape may read from the database, ms. */
export const LONGEST_READ = 3000;

interface DatabaseReading {
  schemaVersion: number;
  /** seconds since the epoch, by the database's clock */
  takenAt: number;
  /** seconds */
  clockSkew: number;
  results: CollectorResult[];
}

export interface ScrapeOptions {
  /** Reads all collectors in one snapshot; rejects when it cannot be taken by the deadline (performance.now(), ms). */
  read(deadline: number): Promise<DatabaseReading>;
  collectors: readonly string[];
  version: string;
  self: Pick<SelfMetrics, "scraped">;
  /** told why the database was not read */
  onFailure(error: unknown): void;
  /** told of each answer of the database, and of each collector in it */
  onAnswer(results: readonly CollectorResult[]): void;
}

/**
 * @param budget ms within which to answer
 * @returns the very same measurements for all scrapes that share a read
 */
export type Scrape = (budget: number) => Promise<readonly Measurement[]>;

interface Answer {
  up: boolean;
  measurements: readonly Measurement[];
}

// A thousand scrapers that ask as fast as they are answered cost the database no more than seventeen reads a second.
const SHORTEST_GAP = 60;

/**
 * Measures the database for one scrape; never rejects. Concurrent scrapes share a read, each within its own
 * budget: whoever cannot wait any longer reports the database as down.
 */
export function createScrape(options: ScrapeOptions): Scrape {
  const { self, collectors } = options;
  const last = { schemaVersion: "unknown", seconds: {} as Record<string, number> };
  const shared = sharedRun(read, SHORTEST_GAP);

  async function read(): Promise<Answer> {
    try {
      const reading = await options.read(performance.now() + LONGEST_READ);
      return { up: true, measurements: complete(measured(reading)) };
    } catch (error) {
      return down(error);
    }
  }

  function measured(reading: DatabaseReading): Measurement[] {
    last.schemaVersion = String(reading.schemaVersion);
    last.seconds = Object.fromEntries(reading.results.map(({ collector, seconds }) => [collector, seconds]));
    options.onAnswer(reading.results);
    return [
      value(UP, 1),
      value(SNAPSHOT_AT, reading.takenAt),
      value(CLOCK_SKEW, reading.clockSkew),
      byLabel(
        SUCCESS,
        "collector",
        Object.fromEntries(reading.results.map(({ collector, error }) => [collector, error ? 0 : 1])),
      ),
      ...reading.results.flatMap(({ measurements }) => measurements ?? []),
    ];
  }

  function down(error: unknown): Answer {
    options.onFailure(error);
    return {
      up: false,
      measurements: complete([
        value(UP, 0),
        byLabel(
          SUCCESS,
          "collector",
          recordOf(collectors, () => 0),
        ),
      ]),
    };
  }

  function complete(measurements: Measurement[]): Measurement[] {
    const versions = {
      version: options.version,
      node_version: process.version,
      schema_version: last.schemaVersion,
    };
    return [
      ...measurements,
      byLabel(DURATION, "collector", last.seconds),
      { family: BUILD_INFO, samples: [{ labels: versions, value: 1 }] },
    ];
  }

  // Scrapes that give up together share that answer too: each on its own, they would keep the event loop from all else.
  const givenUp: { at: number; answer?: Answer } = { at: 0 };
  function giveUp(wait: number): Answer {
    const now = performance.now();
    if (givenUp.answer && now - givenUp.at < SHORTEST_GAP) return givenUp.answer;
    givenUp.at = now;
    givenUp.answer = down(new Error(`the database was not read within ${wait} ms`));
    return givenUp.answer;
  }

  return async (budget) => {
    const wait = Math.min(budget, LONGEST_READ);
    const { result, fresh } = shared.join();
    const { up, measurements } = await inTime(result, wait, () => giveUp(wait));
    if (up) self.scraped(fresh ? "fresh" : "coalesced");
    else self.scraped("failed");
    return measurements;
  };
}
