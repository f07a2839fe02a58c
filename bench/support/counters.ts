import { setTimeout as sleep } from "node:timers/promises";
import type { ExporterProcess } from "./process.ts";

/** The samples of an exposition, by their series. */
export function samplesOf(exposition: string): Map<string, number> {
  const lines = exposition.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(" ");
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

/** The value of one series. */
export async function sampleOf(exporter: ExporterProcess, series: string): Promise<number> {
  const value = samplesOf(await exporter.scrape()).get(series);
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
    const samples = samplesOf(await exporter.scrape());
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
