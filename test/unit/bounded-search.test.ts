import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { searchPage } from "../../src/db/bounded-search.ts";

const ENTRIES = Array.from({ length: 1000 }, (_, index) => index + 1);

/** A page of the numbers that match, each chunk of which takes its time. */
function page(matches: (number: number) => boolean, limit: number, after?: number, delay = 0) {
  return searchPage<number, number>({
    limit,
    after,
    positionOf: (number) => number,
    async read(from = 0, count, wanted) {
      await sleep(delay);
      const chunk = ENTRIES.slice(from, from + count);
      return { rows: chunk.filter(matches).slice(0, wanted), scanned: chunk.length, last: chunk.at(-1) };
    },
  });
}

async function walk(matches: (number: number) => boolean, limit: number, delay: number) {
  const pages: number[][] = [];
  let next: number | undefined;
  do {
    const answer = await page(matches, limit, next, delay);
    pages.push(answer.rows);
    next = answer.next;
  } while (next !== undefined);
  return pages;
}

describe("a bounded search", () => {
  it("goes on where its time was up, past empty pages, and misses nothing", async () => {
    const pages = await walk((number) => number % 333 === 0, 20, 40);
    expect(pages.flat()).toEqual([333, 666, 999]);
    expect(pages.filter((rows) => rows.length === 0).length).toBeGreaterThan(10);
  });

  it("fills each page where there is time, and repeats nothing", async () => {
    const pages = await walk((number) => number % 2 === 0, 7, 0);
    expect(pages.flat()).toEqual(ENTRIES.filter((number) => number % 2 === 0));
    expect(Math.max(...pages.map(({ length }) => length))).toBe(7);
  });

  it("ends with the entries, also where the last page is just full", async () => {
    expect(await page((number) => number > 995, 5, 990)).toEqual({
      rows: [996, 997, 998, 999, 1000],
      next: undefined,
    });
  });
});
