import { setTimeout as sleep } from "node:timers/promises";
import { parseSamples } from "../../src/demo/totals.ts";
import type { ExporterProcess } from "./process.ts";

/** The value of one series. */
export async function sampleOf(exporter: ExporterProcess, series: string): Promise<number> {
  const value = parseSamples(await exporter.scrape()).get(series);
  if (value === undefined) throw new Error(`there is no ${series}`);
  return value;
}

const COUNTER = /^tts_db_\w*_(total|bucket|sum|count)(\{|$)/;

export interface CounterWatch {
  scrapes: number;
  /** series of the database's counters that were lower in a scrape than in the one before, or gone */
  fallen: Set<string>;
  /** The last scrape's. */
  samples: Map<string, number>;
}

/** Scrapes once in an interval, and once more at its end, and compares each with the one before. @param every ms */
export function watchCounters(exporter: ExporterProcess, every: number): { stop(): Promise<CounterWatch> } {
  const watch: CounterWatch = { scrapes: 0, fallen: new Set(), samples: new Map() };
  let stopped = false;
  const look = async () => {
    const samples = parseSamples(await exporter.scrape());
    for (const [series, value] of watch.samples) {
      if (COUNTER.test(series) && (samples.get(series) ?? -1) < value) watch.fallen.add(series);
    }
    watch.samples = samples;
    watch.scrapes++;
  };
  const watching = (async () => {
    for (; !stopped; await sleep(every)) await look();
  })();
  watching.catch(() => {});
  return {
    async stop() {
      stopped = true;
      await watching;
      await look();
      return watch;
    },
  };
}
