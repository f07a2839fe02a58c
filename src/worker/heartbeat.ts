import type pg from "pg";
import { beat, recordSlotConflict, type Slot, type WorkerRegistration } from "../db/worker-store.ts";
import type { WorkerEmitter } from "../domain/events.ts";
import { reasonOf } from "../domain/thrown.ts";
import type { Logger } from "../logger.ts";

export interface HeartbeatOptions {
  pool: pg.Pool;
  /** what the slot's row tells of this process */
  me: WorkerRegistration & Slot;
  /** ms */
  interval: number;
  limit(): number;
  events: WorkerEmitter;
  log: Logger;
  /** called at each interval, whatever the database says */
  onBeat(): void;
  /** called when the database has taken one. @param gap ms since it took the one before */
  onTaken(gap: number): void;
  /** called once, when another process has taken the slot name */
  onFenced(): void;
}

export interface Heartbeat {
  /** seconds since the epoch of the last one that the database has taken */
  readonly lastAt: number;
  readonly fenced: boolean;
  /** One right now; never rejects. */
  beat(): Promise<void>;
  stop(): Promise<void>;
}

/** Renews the worker's heartbeat: one statement an interval, however many tasks it runs. */
export function startHeartbeat(options: HeartbeatOptions): Heartbeat {
  const { pool, me, events, log } = options;
  const state = { lastAt: Date.now() / 1000, fenced: false, failing: false, stopped: false };
  let takenAt = performance.now();
  let underWay: Promise<void> | undefined;
  const timer = setInterval(() => void once(), options.interval);

  /** Beats do not overlap: a slow database gets no queue of them. */
  function once(): Promise<void> {
    underWay ??= attempt().finally(() => {
      underWay = undefined;
    });
    return underWay;
  }

  async function attempt(): Promise<void> {
    options.onBeat();
    try {
      const mine = await beat(pool, { ...me, concurrencyLimit: options.limit() });
      if (mine) taken();
      else fence();
      if (state.failing) log.info("heartbeats reach the database again");
      state.failing = false;
    } catch (error) {
      events.emit("heartbeatFailed", {});
      if (!state.failing) log.warn({ reason: reasonOf(error) }, "a heartbeat failed");
      state.failing = true;
    }
  }

  function taken(): void {
    const before = takenAt;
    takenAt = performance.now();
    state.lastAt = Date.now() / 1000;
    options.onTaken(takenAt - before);
  }

  function fence(): void {
    if (state.fenced) return;
    state.fenced = true;
    clearInterval(timer);
    log.error("another process has taken this slot name: this one aborts its tasks and starts no more");
    options.onFenced();
    recordSlotConflict(pool).catch((error: unknown) => {
      log.warn({ reason: reasonOf(error) }, "the conflict over the slot name could not be counted");
    });
  }

  return {
    get lastAt() {
      return state.lastAt;
    },
    get fenced() {
      return state.fenced;
    },
    async beat() {
      // The one under way may have read the limit before it changed.
      await underWay;
      if (!state.stopped && !state.fenced) await once();
    },
    async stop() {
      state.stopped = true;
      clearInterval(timer);
      await underWay;
    },
  };
}
