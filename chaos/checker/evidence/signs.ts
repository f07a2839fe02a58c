import type { Reading } from "../exposition.ts";
import { anyOf, atTarget, differs, grows, type Sign, shows, sumOf } from "./sign.ts";

const REQUESTS = "tts_monitor_http_request_duration_seconds_count";

export const databaseDown = shows("tts_db_up", (up) => up === 0);
export const collectorFails = shows("tts_monitor_collector_success", (success) => success === 0);
export const heartbeatsFail = grows("tts_worker_heartbeat_failures_total");
export const jobsFail = grows("tts_monitor_job_runs_total", { result: /error|skipped/ });
export const resultsWait = shows("tts_worker_events_buffered", (events) => events > 0);
export const lostWorker = shows("tts_db_workers", (workers) => workers > 0, { state: "lost" });

/** The exporter has fewer connections open than before. */
export const fewerConnections = differs(
  (reading) => sumOf(reading, "tts_monitor_db_pool_connections", { state: /idle|busy/ }),
  (change) => change < 0,
);

/** Whoever needs the database notices. */
export const databaseTrouble = anyOf(databaseDown, collectorFails, heartbeatsFail, jobsFail);

/** The collectors of one scrape together take so much longer, s. */
export function slower(seconds: number): Sign {
  return differs(
    (reading) => sumOf(reading, "tts_monitor_collector_duration_seconds"),
    (change) => change >= seconds,
  );
}

/** Requests of a route are answered with such codes. */
export function requests(route: string, code: RegExp, least = 1): Sign {
  return grows(REQUESTS, { route, code }, least);
}

/** A worker that is befallen has not been heard for so long, s. */
export function silentFor(seconds: number): Sign {
  return (entry, { fault }, { read }) =>
    entry.type === "scrape" &&
    fault.targets.some(
      (worker) => sumOf(read?.reading, "tts_db_worker_heartbeat_age_seconds", { worker }) >= seconds,
    );
}

/** An exporter's clock is off by as much, s. */
export function skewed(seconds: number): Sign {
  return atTarget(shows("tts_monitor_db_clock_skew_seconds", (skew) => Math.abs(skew) >= seconds));
}

/** The time that a worker says its last heartbeat was at is off by as much, s. */
export function heartbeatElsewhen(seconds: number): Sign {
  return atTarget((entry, watched, context) => {
    const now = (context.begin.startedAt + (entry.type === "scrape" ? entry.end : 0)) / 1000;
    const off = (at: number) => Math.abs(at - now) >= seconds;
    return shows("tts_worker_last_heartbeat_timestamp_seconds", off)(entry, watched, context);
  });
}

/** Rows of ended tasks have gone that the counters still count. */
export const rowsGo = differs(gone, (change) => change > 0);

function gone(reading: Reading): number | undefined {
  if (reading.values.get("tts_db_tasks_created_total") === undefined) return undefined;
  const ended = sumOf(reading, "tts_db_tasks", { status: /completed|failed|timeout/ });
  return sumOf(reading, "tts_db_tasks_finished_total") - ended;
}

/** Texts go, or lose their audio: the load itself never takes any away. */
export function textsFall(): Sign {
  const falls = (name: string) =>
    differs(
      (reading) => reading.values.get(name),
      (change) => change < 0,
    );
  return anyOf(falls("tts_db_texts"), falls("tts_db_texts_completed"));
}

/** Prometheus has begun anew: an alert that waits for nothing is active since then. */
export const watchdogAnew: Sign = (entry, { fault }) =>
  entry.type === "alerts" &&
  entry.alerts.some(({ name, activeAt }) => name === "TTSWatchdog" && activeAt >= fault.begin);
