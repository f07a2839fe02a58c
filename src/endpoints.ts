import type pg from "pg";
import type { MonitorStats } from "./collectors/stats.ts";
import { openApi } from "./http/openapi.ts";
import type { Endpoint } from "./http/operation.ts";
import { healthy, ready } from "./http/routes/health.ts";
import { indexPage } from "./http/routes/index-page.ts";
import { metrics } from "./http/routes/metrics.ts";
import { workers } from "./http/routes/sd.ts";
import { stats } from "./http/routes/stats.ts";
import { taskStatusOfText } from "./http/routes/task-status.ts";
import { VERSION } from "./version.ts";

/** What the exporter's endpoints work with. */
export interface EndpointParts {
  workPool: pg.Pool;
  measure: Parameters<typeof metrics>[0];
  telemetryPath: string;
  /** ms, taken off the time that the scraper allows */
  timeoutOffset: number;
  /** what keeps the exporter from its work; undefined when it is ready */
  problem(): Promise<string | undefined>;
  discovered(targets: number): void;
  readStats(): Promise<MonitorStats>;
}

/** Everything that the exporter answers. One more is one more entry. */
export function exporterEndpoints(parts: EndpointParts): Endpoint[] {
  const { workPool, telemetryPath, timeoutOffset } = parts;
  const described = [
    metrics(parts.measure, { path: telemetryPath, timeoutOffset }),
    healthy,
    ready(parts.problem),
    workers(workPool, parts.discovered),
    stats(parts.readStats),
    taskStatusOfText(workPool),
  ];
  const links = described.flatMap(({ operation: { method, path } }) =>
    method === "get" && !path.includes(":") ? [path] : [],
  );
  return [...described, openApi(described, VERSION), indexPage(VERSION, [...links, "/openapi.json"])];
}
