import type { ListenAddress } from "../domain/address.ts";
import type { FaultShares } from "./faults.ts";

/** The demo's settings. Durations in milliseconds. */
export interface DemoSettings {
  /** folder of texts; undefined: those that come with the program */
  texts: string | undefined;
  workers: number;
  /** new texts per second */
  rate: number;
  fault: FaultShares;
  dataDir: string;
  /** url undefined: embedded */
  database: { url: string | undefined };
  web: { listenAddress: ListenAddress; telemetryPath: string };
  scrape: { timeoutOffset: number };
  task: { timeout: number; pendingTimeout: number };
  heartbeat: { interval: number; timeout: number };
  sweep: { interval: number };
  dedup: { window: number };
  concurrency: { global: number | undefined };
  slo: { latency: number };
  shutdown: { grace: number };
  log: { level: string; format: string };
}

/** The settings that exporter and workers share with the demo, as the variables that they read. */
export function environmentFor(settings: DemoSettings): Record<string, string> {
  const milliseconds = {
    SCRAPE_TIMEOUT_OFFSET: settings.scrape.timeoutOffset,
    TASK_TIMEOUT: settings.task.timeout,
    TASK_PENDING_TIMEOUT: settings.task.pendingTimeout,
    HEARTBEAT_INTERVAL: settings.heartbeat.interval,
    HEARTBEAT_TIMEOUT: settings.heartbeat.timeout,
    SWEEP_INTERVAL: settings.sweep.interval,
    DEDUP_WINDOW: settings.dedup.window,
    SLO_LATENCY: settings.slo.latency,
    SHUTDOWN_GRACE: settings.shutdown.grace,
  };
  const values = {
    ...Object.fromEntries(Object.entries(milliseconds).map(([name, value]) => [name, `${value}ms`])),
    ...(settings.concurrency.global !== undefined && {
      CONCURRENCY_GLOBAL: String(settings.concurrency.global),
    }),
    WEB_TELEMETRY_PATH: settings.web.telemetryPath,
    LOG_LEVEL: settings.log.level,
    LOG_FORMAT: settings.log.format,
  };
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`TTS_MONITOR_${name}`, value]));
}
