import { describe, expect, it } from "vitest";
import { sharedRun } from "../../src/metrics/shared-run.ts";

/** Runs that end when they are told to, and count themselves. */
function controlled() {
  const ends: { resolve(value: number): void; reject(error: Error): void }[] = [];
  const shared = sharedRun(() => new Promise<number>((resolve, reject) => ends.push({ resolve, reject })));
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
});
