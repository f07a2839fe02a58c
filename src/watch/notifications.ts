import { createListener, type Listener } from "../db/listener.ts";
import type { Queryable } from "../db/pool.ts";
import { renewWatches } from "../db/watch-store.ts";
import { parseId } from "../domain/task-status.ts";
import { OperationError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import { logChanges } from "../outage-log.ts";
import { inChunks } from "./chunks.ts";

// As in migrations/0009_streams.sql.
const CHANNEL = "tts_monitor_task";
// Each request for notifications holds for the one, and is renewed after the other: a dead exporter's expire.
const WATCH_LIFE = 60_000;
const RENEWAL = 20_000;
const RETRY = 1000;

export interface NotificationsOptions {
  db: Queryable;
  /** undefined: there are none */
  url: string | undefined;
  log: Logger;
  onNotify(taskId: bigint): void;
  /** called when they begin to come and when they cease: some may have been missed */
  onChange(): void;
}

/** PostgreSQL's notifications of the transitions of the tasks that are asked for. */
export interface Notifications {
  /** whether they can be counted on, but for single ones */
  readonly come: boolean;
  /** in how many ms there is something to request; Infinity: never */
  dueIn(): number;
  /** Wants them of this task too, from the next request on. */
  want(taskId: bigint): void;
  /** Requests what is due, of all these tasks where it is time for that. Never rejects: without, `come` is false. */
  request(all: Iterable<bigint>): Promise<void>;
  listen(): void;
  close(): Promise<void>;
}

export function createNotifications(options: NotificationsOptions): Notifications {
  const { db, url, log } = options;
  const wanted = new Set<bigint>();
  const outages = logChanges(log);
  let state: "off" | "broken" | "listening" = url === undefined ? "off" : "broken";
  let requested = false;
  let renewAt = 0;
  let listener: Listener | undefined;

  function dueIn(): number {
    if (state === "off") return Number.POSITIVE_INFINITY;
    return wanted.size > 0 ? 0 : renewAt - performance.now();
  }

  return {
    get come() {
      return state === "listening" && requested;
    },
    dueIn,
    want(taskId) {
      if (state !== "off") wanted.add(taskId);
    },
    async request(all) {
      if (dueIn() > 0) return;
      const renewal = performance.now() >= renewAt;
      const taskIds = renewal ? [...all] : [...wanted];
      wanted.clear();
      try {
        for (const chunk of inChunks(taskIds)) await renewWatches(db, chunk, WATCH_LIFE);
        if (renewal) renewAt = performance.now() + RENEWAL;
        requested = true;
        outages.works("requests for notifications");
      } catch (error) {
        requested = false;
        renewAt = performance.now() + RETRY;
        outages.failed("requests for notifications", error);
      }
    },
    listen() {
      if (url === undefined) return;
      listener ??= createListener({
        url,
        applicationName: "tts-monitor listen",
        channels: [CHANNEL],
        onNotify(_channel, payload) {
          const taskId = parseId(payload);
          if (taskId !== undefined) options.onNotify(taskId);
        },
        onConnected() {
          state = "listening";
          // The server may be another one by now, or have lost the requests in a crash.
          renewAt = 0;
          outages.works("notifications");
          options.onChange();
        },
        onBroken(error) {
          const before = state;
          state = error instanceof OperationError ? "off" : "broken";
          outages.failed("notifications", error);
          if (state !== before) options.onChange();
        },
      });
    },
    close: async () => await listener?.close(),
  };
}
