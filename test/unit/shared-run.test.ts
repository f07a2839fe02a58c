import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { sharedRun } from "../../src/metrics/shared-run.ts";

/** Runs that end when they are told to, and count themselves. */
function controlled(gap = 0) {
  const ends: { resolve(value: number): void; reject(error: Error): void }[] = [];
  const shared = sharedRun(
    () => new Promise<number>((resolve, reject) => ends.push({ resolve, reject })),
    gap,
  );
  return { shared, ends };
}

describe("a shared run", () => {
  it("is joined only by callers that came before it began", async () => {
    const { shared, ends } = controlled();
    const first = shared.join();
    const second = shared.join();
    const third = shared.join();
    expect([first.fresh, second.fresh, third.fresh]).toEqual([true, true, false]);
    expect(ends).toHaveLength(1);
    ends[0]?.resolve(1);
    expect(await first.result).toBe(1);
    await new Promise(setImmediate);
    expect(ends).toHaveLength(2);
    ends[1]?.resolve(2);
    expect(await Promise.all([second.result, third.result])).toEqual([2, 2]);
  });

  it("that fails neither stops the next one nor fails its callers", async () => {
    const { shared, ends } = controlled();
    const failing = shared.join();
    const next = shared.join();
    ends[0]?.reject(new Error("no"));
    await expect(failing.result).rejects.toThrow("no");
    await new Promise(setImmediate);
    ends[1]?.resolve(2);
    expect(await next.result).toBe(2);
    expect(shared.join().fresh).toBe(true);
  });

  it("never has more than one under way and one next, however many call", async () => {
    const { shared, ends } = controlled();
    const all = Array.from({ length: 1000 }, () => shared.join());
    expect(ends).toHaveLength(1);
    expect(all.filter(({ fresh }) => fresh)).toHaveLength(2);
  });

  it("begins a gap after the one before, however quickly that ended, and at once after a longer pause", async () => {
    const gap = 100;
    const { shared, ends } = controlled(gap);
    const begin = performance.now();
    const first = shared.join();
    ends[0]?.resolve(1);
    await first.result;
    const [second, third] = [shared.join(), shared.join()];
    expect([second.fresh, third.fresh, ends.length]).toEqual([true, false, 1]);
    while (ends.length === 1) await sleep(1);
    expect(performance.now() - begin).toBeGreaterThanOrEqual(gap);
    ends[1]?.resolve(2);
    expect(await Promise.all([second.result, third.result])).toEqual([2, 2]);
    await sleep(2 * gap);
    shared.join();
    expect(ends).toHaveLength(3);
  });
});
