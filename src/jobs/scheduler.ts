import { createTask } from "node-cron";
import { reasonOf } from "../domain/thrown.ts";
import type { Logger } from "../logger.ts";
import type { Job, JobObserver } from "./job.ts";

// After a step forward node-cron walks through all that it missed, at once: a day of seconds takes 7 s.
const EVERY_MIDNIGHT = "0 0 0 * * *";
const SECOND = 1000;
// What failed is tried again within this, however long its interval is.
const RETRY = 60 * SECOND;

export interface Scheduler {
  start(): void;
  /** Waits for what is running; may be called twice, or before the start. */
  stop(): Promise<void>;
}

interface Entry {
  job: Job;
  /** on the monotonic clock, ms */
  dueAt: number;
  running: Promise<void> | undefined;
  failing: boolean;
}

/**
 * Runs jobs at their intervals. A timer ticks every second and each job decides by the monotonic clock whether it is
 * due, so a step of the system's clock neither stops a job nor makes up for missed ticks in a burst. node-cron stands
 * still over a step back and walks through a step forward, so it ticks no more than daily.
 */
export function createScheduler(jobs: readonly Job[], observe: JobObserver, log: Logger): Scheduler {
  const entries: Entry[] = jobs.map((job) => ({ job, dueAt: 0, running: undefined, failing: false }));
  const shortest = Math.min(...jobs.map(({ interval }) => interval));
  let stopping = new AbortController();
  let cron: ReturnType<typeof createTask> | undefined;
  let timer: NodeJS.Timeout | undefined;

  function tick(): void {
    const now = performance.now();
    for (const entry of entries) {
      if (now < entry.dueAt) continue;
      // A tick may come some milliseconds early or late; a half of one keeps intervals from growing by a whole.
      entry.dueAt = now + entry.job.interval - Math.min(SECOND, entry.job.interval) / 2;
      if (entry.running !== undefined) observe(entry.job.name, "skipped", 0);
      else entry.running = runOne(entry);
    }
  }

  async function runOne(entry: Entry): Promise<void> {
    const { name } = entry.job;
    const { signal } = stopping;
    const begin = performance.now();
    const seconds = () => (performance.now() - begin) / 1000;
    try {
      await entry.job.run(signal);
      observe(name, "ok", seconds());
      if (entry.failing) log.info({ job: name }, "the job works again");
      entry.failing = false;
    } catch (error) {
      if (signal.aborted) return;
      observe(name, "error", seconds());
      entry.dueAt = Math.min(entry.dueAt, performance.now() + RETRY);
      // One line per outage, not per run.
      if (!entry.failing)
        log.warn({ job: name, reason: reasonOf(error) }, "the job failed; it will be tried again");
      entry.failing = true;
    } finally {
      entry.running = undefined;
    }
  }

  return {
    start() {
      if (cron) return;
      stopping = new AbortController();
      cron = createTask(EVERY_MIDNIGHT, tick, { timezone: "UTC", suppressMissedWarning: true });
      void cron.start();
      timer = setInterval(tick, Math.min(SECOND, shortest));
      tick();
    },
    async stop() {
      stopping.abort();
      clearInterval(timer);
      await cron?.destroy();
      cron = undefined;
      await Promise.all(entries.map(({ running }) => running));
    },
  };
}
