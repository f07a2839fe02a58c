import { createListener, type Listener } from "../db/listener.ts";
import { type Bell, createBell } from "../domain/bell.ts";
import { logChanges } from "../outage-log.ts";
import type { WorkerSettings } from "./options.ts";

// As in migrations/0006_wake_up.sql.
const CHANNEL = "tts_monitor_pending";

/** Tells the loops that look for pending tasks when there may be one. */
export interface WakeUp extends Omit<Bell, "ring"> {
  /** LISTENs from now on, where the settings say so; once for all loops. */
  listen(): void;
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
