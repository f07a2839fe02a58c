import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { createLimiter, type Release } from "../../src/worker/limiter.ts";

const settle = () => new Promise((resolve) => setImmediate(resolve));

async function withWaiters(limit: number, count: number) {
  const limiter = createLimiter(limit);
  const got: Release[] = [];
  const refused = vi.fn();
  for (let n = 0; n < count; n++) {
    limiter.acquire().then((release) => got.push(release), refused);
  }
  await settle();
  return { limiter, got, refused };
}

describe("the limiter", () => {
  it("gives out its slots and no more, and the next one when one comes back", async () => {
    const { limiter, got } = await withWaiters(2, 3);
    expect([got.length, limiter.active]).toEqual([2, 2]);
    got[0]?.();
    await settle();
    expect([got.length, limiter.active]).toEqual([3, 2]);
  });

  it("takes a slot back once, however often it is released", async () => {
    const { limiter, got } = await withWaiters(1, 3);
    got[0]?.();
    got[0]?.();
    await settle();
    expect([got.length, limiter.active]).toEqual([2, 1]);
  });

  it("lets waiters in at once when it is raised", async () => {
    const { limiter, got } = await withWaiters(1, 5);
    limiter.setLimit(4);
    await settle();
    expect([got.length, limiter.limit]).toEqual([4, 4]);
  });

  it("takes no slot away when it is lowered, and starts the next one only below the new limit", async () => {
    const { limiter, got } = await withWaiters(3, 4);
    limiter.setLimit(1);
    for (const release of got.slice(0, 2)) release();
    await settle();
    expect([got.length, limiter.active]).toEqual([3, 1]);
    got[2]?.();
    await settle();
    expect([got.length, limiter.active]).toEqual([4, 1]);
  });

  it("gives a slot right now or not at all when asked so, and never jumps the queue", async () => {
    const { limiter, got } = await withWaiters(2, 1);
    expect(await limiter.tryAcquire()).toBeTypeOf("function");
    expect(limiter.tryAcquire()).toBeUndefined();
    void limiter.acquire();
    got[0]?.();
    expect(limiter.tryAcquire()).toBeUndefined();
  });

  it("turns waiters away when it closes, and lets holders finish", async () => {
    const { limiter, got, refused } = await withWaiters(1, 3);
    limiter.close();
    await settle();
    expect(refused).toHaveBeenCalledTimes(2);
    await expect(limiter.acquire()).rejects.toThrow(/closing/);
    const idle = vi.fn();
    void limiter.idle().then(idle);
    await settle();
    expect(idle).not.toHaveBeenCalled();
    got[0]?.();
    await settle();
    expect([idle.mock.calls.length, limiter.active]).toEqual([1, 0]);
  });

  it("refuses limits that are no whole number of at least 1", () => {
    const limiter = createLimiter(1);
    for (const limit of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => limiter.setLimit(limit)).toThrow(/concurrency/);
      expect(() => createLimiter(limit)).toThrow(/concurrency/);
    }
  });

  it("never starts above the limit of the moment, and leaves no slot free while somebody waits", async () => {
    const step = fc.oneof(
      fc.constant("acquire" as const),
      fc.constant("release" as const),
      fc.integer({ min: 1, max: 6 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const limiter = createLimiter(2);
        const held: Release[] = [];
        let waiting = 0;
        let most = 0;
        for (const next of steps) {
          const before = held.length;
          if (typeof next === "number") limiter.setLimit(next);
          else if (next === "release") held.shift()?.();
          else {
            waiting++;
            void limiter.acquire().then((release) => {
              waiting--;
              held.push(release);
              most = Math.max(most, held.length);
            });
          }
          await settle();
          expect(held.length).toBeLessThanOrEqual(Math.max(before, limiter.limit));
          expect(held.length).toBe(limiter.active);
          if (waiting > 0) expect(held.length).toBeGreaterThanOrEqual(limiter.limit);
        }
        expect(most).toBeLessThanOrEqual(6);
      }),
      { numRuns: 50 },
    );
  });
});
