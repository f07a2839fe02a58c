import { createListener, type Listener } from "../db/listener.ts";
import { logChanges } from "../outage-log.ts";
import type { WorkerSettings } from "./options.ts";

// As in migrations/0006_wake_up.sql.
const CHANNEL = "tts_monitor_pending";

/** Tells the loops that look for pending tasks when there may be one. */
export interface WakeUp {
  /** how often it has rung; to be read before a look, so that a ring during the look is not lost */
  readonly rings: number;
  /** LISTENs from now on, where the settings say so; once for all loops. */
  listen(): void;
  /** Resolves when it has rung more often than `rings`, when the time (ms) is over, or when the signal fires. */
  wait(rings: number, time: number, signal: AbortSignal): Promise<void>;
  /** Does not LISTEN any more; never rejects. */
  close(): Promise<void>;
}

export function createWakeUp({
  listenUrl,
  worker,
  log,
}: Pick<WorkerSettings, "listenUrl" | "worker" | "log">): WakeUp {
  const bell = createBell();
  const outages = logChanges(log);
  let listener: Listener | undefined;
  return {
    get rings() {
      return bell.rings;
    },
    listen() {
      if (listenUrl === undefined) return;
      listener ??= createListener({
        url: listenUrl,
        applicationName: `tts-monitor worker ${worker}`,
        channels: [CHANNEL],
        onNotify: bell.ring,
        onConnected() {
          outages.works("notifications");
          bell.ring();
        },
        onBroken: (error) => outages.failed("notifications", error),
      });
    },
    wait: bell.wait,
    close: async () => await listener?.close(),
  };
}

function createBell() {
  let rings = 0;
  const sleepers = new Set<() => void>();
  return {
    get rings() {
      return rings;
    },
    ring() {
      rings++;
      for (const wake of sleepers) wake();
    },
    async wait(heard: number, time: number, signal: AbortSignal): Promise<void> {
      if (rings > heard || signal.aborted) return;
      await new Promise<void>((resolve) => {
        const wake = () => {
          sleepers.delete(wake);
          clearTimeout(timer);
          signal.removeEventListener("abort", wake);
          resolve();
        };
        const timer = setTimeout(wake, time);
        signal.addEventListener("abort", wake);
        sleepers.add(wake);
      });
    },
  };
}
