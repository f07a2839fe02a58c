import type { Ms, Scrape } from "../../recording/entries.ts";
import type { Rule, Tell } from "../rule.ts";

const MINUTE = 60_000;
/** ms; before, a process is still warming up */
const SHORTEST_LIFE = 4 * MINUTE;
const MOST_SAMPLES = 1024;
const MEBIBYTE = 2 ** 20;

/**
 * How much higher the last quarter of a life may be than the second. Of memory it is the least that is compared: between
 * two full collections, which are minutes apart, a heap that is well grows as a leak does, and keeps its pages.
 */
const GROWTH: Record<string, { of: (numbers: number[]) => number; times: number; plus: number }> = {
  nodejs_heap_size_used_bytes: { of: least, times: 1.25, plus: 20 * MEBIBYTE },
  process_resident_memory_bytes: { of: least, times: 1.25, plus: 64 * MEBIBYTE },
  process_open_fds: { of: median, times: 1.25, plus: 8 },
};

interface Samples {
  first: Ms;
  every: number;
  seen: number;
  kept: { at: Ms; values: Map<string, number>; scrape: Pick<Scrape, "part" | "life" | "begin" | "end"> }[];
}

/** A process that lives for minutes keeps neither memory nor files. */
export function memory(): Rule {
  const lives = new Map<string, Samples>();
  return {
    name: "memory",
    title: "a process that lives for minutes keeps neither memory nor files",
    always: false,
    see(_entry, { read }) {
      if (!read) return;
      const { part, life, begin, end } = read.scrape;
      const key = `${part}#${life}`;
      const samples = lives.get(key) ?? { first: end, every: 1, seen: 0, kept: [] };
      lives.set(key, samples);
      if (samples.seen++ % samples.every !== 0) return;
      const values = new Map(Object.keys(GROWTH).map((name) => [name, read.reading.values.get(name) ?? 0]));
      samples.kept.push({ at: end, values, scrape: { part, life, begin, end } });
      if (samples.kept.length < MOST_SAMPLES) return;
      samples.kept = samples.kept.filter((_one, index) => index % 2 === 0);
      samples.every *= 2;
    },
    finish(_context, tell) {
      for (const samples of lives.values()) judge(samples, tell);
    },
  };
}

function judge({ first, kept }: Samples, tell: Tell): void {
  const last = kept.at(-1);
  if (!last || last.at - first < SHORTEST_LIFE) return;
  const quarter = (last.at - first) / 4;
  const within = (from: number, to: number) =>
    kept.filter(({ at }) => at >= first + from * quarter && at <= first + to * quarter);
  const [second, fourth] = [within(1, 2), within(3, 4)];
  for (const [series, { of, times, plus }] of Object.entries(GROWTH)) {
    const before = of(second.map(({ values }) => values.get(series) ?? 0));
    const after = of(fourth.map(({ values }) => values.get(series) ?? 0));
    tell.compared();
    if (after <= times * before + plus) continue;
    tell.wrong({
      sentence: "a process grows",
      at: last.at,
      scrapes: [second[0], last].flatMap((one) => (one ? [one.scrape] : [])),
      series,
      values: { "in the second quarter": before, "in the last": after },
    });
  }
}

function least(numbers: number[]): number {
  return Math.min(...numbers);
}

function median(numbers: number[]): number {
  return numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}
