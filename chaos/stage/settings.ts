import { SETTINGS } from "../settings.ts";

export const EXPORTERS = ["exporter-1", "exporter-2"];
export const WORKERS = ["worker-1", "worker-2", "worker-3"];
/** Of each kind the one whose clock may be set. */
export const WITH_A_CLOCK = ["exporter-1", "worker-1"];
/** tasks at once, of each worker */
export const CONCURRENCY = 2;

const { heartbeatTimeout, sweepInterval, taskTimeout, globalLimit } = SETTINGS;

/** The variables that exporters and workers read. */
export const ENVIRONMENT: Readonly<Record<string, string>> = {
  TTS_MONITOR_HEARTBEAT_INTERVAL: "500ms",
  TTS_MONITOR_HEARTBEAT_TIMEOUT: `${heartbeatTimeout}s`,
  TTS_MONITOR_SWEEP_INTERVAL: `${sweepInterval}s`,
  TTS_MONITOR_TASK_TIMEOUT: `${taskTimeout}s`,
  TTS_MONITOR_TASK_PENDING_TIMEOUT: "1m",
  TTS_MONITOR_CONCURRENCY_GLOBAL: String(globalLimit),
  TTS_MONITOR_AUDIT_INTERVAL: "5s",
  TTS_MONITOR_SHUTDOWN_GRACE: "3s",
};
