import { createProbe, living, type Memory, residentMemory } from "../support/memory.ts";
import type { BenchProcess } from "../support/process.ts";
import { type Trend, trend } from "../support/trend.ts";

const HOUR = 3_600_000;
const MB = 1e6;

interface Sample {
  /** ms of `performance.now()` */
  at: number;
  /** resident memory before the collection, bytes */
  resident: number;
  collected: Memory;
}

/** Memory in MB, and in MB an hour. */
export interface Course {
  /** of all times, from the start of the process on */
  highest: number;
  /** the last one, before its collection */
  resident: number;
  /** heap and buffers after the first and the last collection */
  living: readonly [first: number, last: number];
  livingTrend: Trend;
  residentTrend: Trend;
  samples: number;
}

export interface Recorder {
  sample(): Promise<void>;
  /** What the samples tell; before the process has ended. */
  course(): Course;
}

/** Records the memory of a process with the probe. */
export function record(process: BenchProcess): Recorder {
  const samples: Sample[] = [];
  const probe = createProbe(process);
  const line = (of: (sample: Sample) => number) =>
    trend(samples.map((sample) => [sample.at / HOUR, of(sample) / MB]));
  return {
    async sample() {
      const { now } = residentMemory(process.pid);
      samples.push({ at: performance.now(), resident: now, collected: await probe() });
    },
    course() {
      const [first] = samples;
      const last = samples.at(-1);
      if (!first || !last) throw new Error("no sample was taken");
      return {
        highest: residentMemory(process.pid).highest / MB,
        resident: last.resident / MB,
        living: [living(first.collected) / MB, living(last.collected) / MB],
        livingTrend: line(({ collected }) => living(collected)),
        residentTrend: line(({ collected }) => collected.rss),
        samples: samples.length,
      };
    },
  };
}
