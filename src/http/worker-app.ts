import type { Express } from "express";
import type { render } from "../metrics/exposition.ts";
import { createApp } from "./app.ts";
import { healthyRoute, readyRoute } from "./routes/health.ts";
import { metricsRoute } from "./routes/metrics.ts";

type Registries = Parameters<typeof render>[1];

/** What a worker serves: its metrics, whether it lives, whether it takes work. */
export function createWorkerApp(registries: Registries, problem: () => Promise<string | undefined>): Express {
  return createApp([
    { path: "/metrics", get: metricsRoute(async () => ({ measurements: [], registries })) },
    { path: "/-/healthy", get: healthyRoute },
    { path: "/-/ready", get: readyRoute(problem) },
  ]);
}
