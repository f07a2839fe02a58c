import type { ExporterSettings } from "../../src/exporter.ts";

/** An exporter's settings, as the defaults are but for a quick sweep. */
export const SETTINGS: ExporterSettings = {
  web: {
    listenAddress: { host: "127.0.0.1", port: 0 },
    telemetryPath: "/metrics",
    configFile: undefined,
    corsOrigins: undefined,
  },
  collector: { texts: true },
  grafana: { url: undefined },
  scrape: { timeoutOffset: 500 },
  sweep: { interval: 200 },
  task: { timeout: 2_400_000, pendingTimeout: 900_000 },
  texts: { cache: 60_000 },
  audit: { interval: 3_600_000 },
  database: { url: undefined, passwordFile: undefined, listenUrl: undefined, migrate: false },
  sse: { maxClients: 10_000 },
  heartbeat: { interval: 5000, timeout: 30_000 },
  dedup: { window: 86_400_000 },
  retention: { tasks: 7_776_000_000, workers: 86_400_000 },
};
