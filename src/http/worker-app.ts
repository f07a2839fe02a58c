import type { Express } from "express";
import { createRenderer } from "../metrics/renderer.ts";
import { type AppOptions, createApp } from "./app.ts";
import { healthy, ready } from "./routes/health.ts";
import { metrics } from "./routes/metrics.ts";

type Registries = Parameters<typeof createRenderer>[0];

/** What a worker serves: its metrics, whether it lives, whether it takes work. */
export function createWorkerApp(
  registries: Registries,
  problem: () => Promise<string | undefined>,
  access: Pick<AppOptions, "before">,
): Express {
  const render = createRenderer(registries);
  return createApp([metrics((format) => render([], format)), healthy, ready(problem)], access);
}
