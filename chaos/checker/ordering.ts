import type { Scrape } from "../recording/entries.ts";
import type { Read } from "./rule.ts";

// Longer than any scrape takes: none that began longer ago may still be answered.
const MEMORY = 15_000;

/** Scrapes in real time: one comes after another where it began after the other had ended. */
export function createOrdering() {
  let recent: Read[] = [];

  /** Those that ended before this moment, but for those that ended before another one of them began. */
  function lastBefore(moment: number): Read[] {
    const ended = recent.filter(({ scrape }) => scrape.end < moment);
    const latest = Math.max(...ended.map(({ scrape }) => scrape.begin));
    return ended.filter(({ scrape }) => scrape.end >= latest);
  }

  return {
    lastBefore,
    /** The last ones before this one, which is remembered. */
    add(read: Read): Read[] {
      const before = lastBefore(read.scrape.begin);
      forget(read.scrape);
      recent.push(read);
      return before;
    },
  };

  function forget({ end }: Scrape): void {
    const kept = new Set(lastBefore(end - MEMORY));
    recent = recent.filter((one) => one.scrape.end >= end - MEMORY || kept.has(one));
  }
}

export type Ordering = ReturnType<typeof createOrdering>;
