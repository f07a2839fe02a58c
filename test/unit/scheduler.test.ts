import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Job } from "../../src/jobs/job.ts";
import { createScheduler } from "../../src/jobs/scheduler.ts";
import { silentLogger } from "../../src/logger.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function scheduled(job: Partial<Job> & Pick<Job, "run">) {
  const results: string[] = [];
  const scheduler = createScheduler(
    [{ name: "job", interval: 5000, ...job }],
    (_job, result) => results.push(result),
    silentLogger,
  );
  return { scheduler, results };
}

describe("the scheduler", () => {
  it("runs a job at once and then once an interval", async () => {
    const { scheduler, results } = scheduled({ run: async () => {} });
    scheduler.start();
    await vi.advanceTimersByTimeAsync(60_000);
    await scheduler.stop();
    expect(results.length).toBeGreaterThanOrEqual(12);
    expect(results.length).toBeLessThanOrEqual(14);
  });

  it("goes on through a step of the clock, back an hour or on an hour, without a burst", async () => {
    for (const step of [-3_600_000, 3_600_000]) {
      const { scheduler, results } = scheduled({ run: async () => {} });
      scheduler.start();
      await vi.advanceTimersByTimeAsync(10_000);
      const before = results.length;
      vi.setSystemTime(Date.now() + step);
      await vi.advanceTimersByTimeAsync(60_000);
      await scheduler.stop();
      expect(results.length - before).toBeGreaterThanOrEqual(6);
      expect(results.length - before).toBeLessThanOrEqual(14);
    }
  });

  it("does not start a job again that is still running, and says that it skipped", async () => {
    let running = 0;
    let most = 0;
    const { scheduler, results } = scheduled({
      interval: 1000,
      async run() {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 10_000));
        running--;
      },
    });
    scheduler.start();
    await vi.advanceTimersByTimeAsync(9000);
    expect(results).toContain("skipped");
    await vi.advanceTimersByTimeAsync(20_000);
    const stopping = scheduler.stop();
    await vi.advanceTimersByTimeAsync(10_000);
    await stopping;
    expect(most).toBe(1);
  });

  it("survives a job that fails, and waits for the running one when it stops", async () => {
    let ended = false;
    const { scheduler, results } = scheduled({ run: async () => Promise.reject(new Error("no")) });
    scheduler.start();
    await vi.advanceTimersByTimeAsync(11_000);
    await scheduler.stop();
    await scheduler.stop();
    expect(new Set(results)).toEqual(new Set(["error"]));
    expect(results.length).toBeGreaterThanOrEqual(2);
    const slow = scheduled({
      async run() {
        await new Promise((resolve) => setTimeout(resolve, 100));
        ended = true;
      },
    });
    slow.scheduler.start();
    const stopping = slow.scheduler.stop();
    await vi.advanceTimersByTimeAsync(100);
    await stopping;
    expect(ended).toBe(true);
  });

  it("tries a failed job again within a minute, however long its interval is", async () => {
    let failures = 1;
    const { scheduler, results } = scheduled({
      interval: 3_600_000,
      run: async () => {
        if (failures-- > 0) throw new Error("no");
      },
    });
    scheduler.start();
    await vi.advanceTimersByTimeAsync(62_000);
    expect(results).toEqual(["error", "ok"]);
    await vi.advanceTimersByTimeAsync(1_800_000);
    await scheduler.stop();
    expect(results).toEqual(["error", "ok"]);
  });

  it("tells a running job to stop, and does not count as failed what breaks off for that", async () => {
    const { scheduler, results } = scheduled({
      run: (stop) =>
        new Promise((_resolve, reject) => stop.addEventListener("abort", () => reject(stop.reason))),
    });
    scheduler.start();
    await vi.advanceTimersByTimeAsync(100);
    await scheduler.stop();
    expect(results).toEqual([]);
  });
});
