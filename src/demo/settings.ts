import type { Config } from "../config.ts";

export type DemoSettings = Config<"demo">;

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
