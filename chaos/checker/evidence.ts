import type { FaultKind } from "../faults/kinds.ts";
import { anyOf, atTarget, grows, late, newProcess, type Sign, shows } from "./evidence/sign.ts";
import {
  collectorFails,
  databaseDown,
  databaseTrouble,
  fewerConnections,
  heartbeatElsewhen,
  heartbeatsFail,
  jobsFail,
  lostWorker,
  requests,
  resultsWait,
  rowsGo,
  silentFor,
  skewed,
  slower,
  textsFall,
  watchdogAnew,
} from "./evidence/signs.ts";

export interface Evidence {
  /** in words, for whoever reads that there is none */
  sees: string;
  sign: Sign;
  /** why there may be no trace of it after all */
  mayBeMasked?: string;
}

const TROUBLE =
  "tts_db_up, tts_monitor_collector_success, tts_worker_heartbeat_failures_total, tts_monitor_job_runs_total";
const trouble = { sees: TROUBLE, sign: databaseTrouble };
const down = { sees: "tts_db_up 0", sign: databaseDown };
const downThere = { sees: "tts_db_up 0 of that exporter", sign: atTarget(databaseDown) };
const anew = { sees: "process_start_time_seconds of that part", sign: atTarget(newProcess) };
const stopped = { sees: "up and scrape_duration_seconds of that part", sign: atTarget(late(500)) };

/** In which metric, or alert, somebody who knows nothing of it sees each kind of fault. */
export const EVIDENCE: Record<FaultKind, Evidence> = {
  "database-crash": trouble,
  "database-restart": trouble,
  "database-away": down,
  "database-frozen": {
    sees: `${TROUBLE}, tts_monitor_collector_duration_seconds, scrape_duration_seconds`,
    sign: anyOf(databaseTrouble, slower(0.3), late(500)),
  },
  "database-read-only": {
    sees: "tts_worker_heartbeat_failures_total, tts_monitor_job_runs_total",
    sign: anyOf(heartbeatsFail, jobsFail),
  },
  "session-killed": {
    sees: `${TROUBLE}, tts_monitor_db_pool_connections`,
    sign: anyOf(databaseTrouble, fewerConnections),
  },
  "sessions-terminated": {
    sees: `${TROUBLE}, tts_monitor_db_pool_connections`,
    sign: anyOf(databaseTrouble, fewerConnections),
  },
  "connections-exhausted": trouble,
  "grants-revoked": {
    sees: "tts_db_up, tts_monitor_collector_success",
    sign: anyOf(databaseDown, collectorFails),
  },
  "table-locked": {
    sees: "tts_monitor_collector_success, tts_db_up",
    sign: anyOf(collectorFails, databaseDown),
  },
  "heartbeats-locked": {
    sees: "tts_worker_heartbeat_failures_total, tts_db_worker_heartbeat_age_seconds",
    sign: anyOf(heartbeatsFail, silentFor(2)),
  },
  "row-locked": {
    sees: "tts_db_oldest_processing_age_seconds, tts_worker_events_buffered",
    sign: anyOf(
      shows("tts_db_oldest_processing_age_seconds", (age) => age >= 2.5),
      resultsWait,
    ),
  },
  "standby-silent": {
    sees: "tts_worker_heartbeat_failures_total, tts_worker_events_buffered, tts_db_worker_heartbeat_age_seconds",
    sign: anyOf(heartbeatsFail, resultsWait, silentFor(2)),
  },
  failover: trouble,
  "exporter-cut-off": downThere,
  "exporter-link-dead": downThere,
  "worker-cut-off-short": {
    sees: "tts_worker_heartbeat_failures_total, tts_db_worker_heartbeat_age_seconds",
    sign: anyOf(atTarget(heartbeatsFail), silentFor(0.9)),
  },
  "worker-cut-off": {
    sees: "tts_worker_heartbeat_failures_total, tts_db_worker_heartbeat_age_seconds",
    sign: anyOf(atTarget(heartbeatsFail), silentFor(2)),
  },
  "worker-link-dead": {
    sees: "tts_db_worker_heartbeat_age_seconds, tts_db_workers lost",
    sign: anyOf(silentFor(2), lostWorker),
  },
  "slow-links": {
    sees: "tts_monitor_collector_duration_seconds",
    sign: anyOf(slower(0.1), databaseDown),
  },
  "exporter-killed": anew,
  "exporter-stopped": anew,
  "exporter-frozen": stopped,
  "worker-killed": anew,
  "worker-stopped": anew,
  "worker-frozen-short": stopped,
  "worker-frozen": stopped,
  "slot-taken": { sees: "tts_db_slot_conflicts_total", sign: grows("tts_db_slot_conflicts_total") },
  "prometheus-stopped": { sees: "TTSWatchdog is active since then", sign: watchdogAnew },
  "exporter-clock-steps": { sees: "tts_monitor_db_clock_skew_seconds", sign: skewed(3) },
  "worker-clock-steps": {
    sees: "tts_worker_last_heartbeat_timestamp_seconds against time()",
    sign: heartbeatElsewhen(60),
  },
  "spool-full": {
    sees: "tts_worker_events_buffered, tts_worker_heartbeat_failures_total of that worker",
    sign: anyOf(atTarget(resultsWait), atTarget(heartbeatsFail)),
  },
  "scrapers-1000": {
    sees: "tts_monitor_scrapes_total of that exporter",
    sign: atTarget(grows("tts_monitor_scrapes_total", {}, 500)),
  },
  "streams-storm": {
    sees: "tts_monitor_sse_clients, tts_monitor_http_request_duration_seconds of the streams' route",
    sign: anyOf(
      atTarget(shows("tts_monitor_sse_clients", (clients) => clients >= 10)),
      atTarget(requests("/api/task/stream/:text_id", /./, 10)),
    ),
    mayBeMasked: "its clients come within moments, in which the exporter may not run",
  },
  "retry-storm": {
    sees: "tts_monitor_http_request_duration_seconds of the retries' route",
    sign: requests("/api/task/retry/:text_id", /./),
    mayBeMasked: "no text may have failed yet",
  },
  "hostile-strings": {
    sees: "tts_monitor_http_request_duration_seconds, code 400",
    sign: grows("tts_monitor_http_request_duration_seconds_count", { code: "400" }, 5),
    mayBeMasked: "the exporter that is asked may not run",
  },
  "application-surgery": {
    sees: "tts_db_texts and tts_db_texts_completed fall",
    sign: textsFall(),
    mayBeMasked: "there may be few texts, or the application itself be kept out",
  },
  prune: {
    sees: "tts_db_tasks falls, and no counter does",
    sign: rowsGo,
    mayBeMasked: "no row may be old enough",
  },
  "late-reports": {
    sees: "tts_db_late_writes_total",
    sign: grows("tts_db_late_writes_total"),
    mayBeMasked: "no task may have ended yet, or none be left, and the database be away",
  },
};
