import type { Express } from "express";
import type { render } from "../metrics/exposition.ts";
import { type AppOptions, createApp } from "./app.ts";
import { healthy, ready } from "./routes/health.ts";
import { metrics } from "./routes/metrics.ts";

type Registries = Parameters<typeof render>[1];

/** What a worker serves: its metrics, whether it lives, whether it takes work. */
export function createWorkerApp(
  registries: Registries,
  problem: () => Promise<string | undefined>,
  access: Pick<AppOptions, "before">,
): Express {
  return createApp(
    [metrics(async () => ({ measurements: [], registries })), healthy, ready(problem)],
    access,
  );
}
