import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { inTime } from "../../src/domain/in-time.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

// The grace of a worker's close is such a wait: left behind, it would keep the process alive for all of it.
it("leaves no timer behind, whether the promise holds or breaks", async () => {
  expect(await inTime(Promise.resolve("done"), 30_000, () => "late")).toBe("done");
  await expect(inTime(Promise.reject(new Error("broken")), 30_000, () => "late")).rejects.toThrow("broken");
  expect(vi.getTimerCount()).toBe(0);
});

it("gives what `late` gives or throws, once the time is up and not before", async () => {
  const never = new Promise<never>(() => {});
  const settled: unknown[] = [];
  void inTime(never, 1000, () => "late").then((value) => settled.push(value));
  const thrown = expect(
    inTime(never, 1000, () => {
      throw new Error("too late");
    }),
  ).rejects.toThrow("too late");
  await vi.advanceTimersByTimeAsync(999);
  expect(settled).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(settled).toEqual(["late"]);
  await thrown;
});
