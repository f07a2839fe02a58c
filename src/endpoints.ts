import type pg from "pg";
import type { MonitorStats } from "./collectors/stats.ts";
import { openApi } from "./http/openapi.ts";
import type { Endpoint } from "./http/operation.ts";
import { healthy, ready } from "./http/routes/health.ts";
import { indexPage } from "./http/routes/index-page.ts";
import { type IngestSettings, submitTask } from "./http/routes/ingest.ts";
import { completeTask, failTask, taskHeartbeat } from "./http/routes/ingest-reports.ts";
import { type Expose, metrics } from "./http/routes/metrics.ts";
import { monitorRedirect } from "./http/routes/monitor-redirect.ts";
import { retryText } from "./http/routes/retry.ts";
import { workers } from "./http/routes/sd.ts";
import { stats } from "./http/routes/stats.ts";
import { systemStatus } from "./http/routes/system-status.ts";
import { taskList } from "./http/routes/task-list.ts";
import { taskStatusOfText } from "./http/routes/task-status.ts";
import { taskStream } from "./http/routes/task-stream.ts";
import { textList } from "./http/routes/text-list.ts";
import { VERSION } from "./version.ts";

/** What the exporter's endpoints work with. */
export interface EndpointParts {
  workPool: pg.Pool;
  expose: Expose;
  telemetryPath: string;
  /** ms, taken off the time that the scraper allows */
  timeoutOffset: number;
  /** what keeps the exporter from its work; undefined when it is ready */
  problem(): Promise<string | undefined>;
  discovered(targets: number): void;
  /** a value outside the closed list of the label `reason` came in */
  overflowed(): void;
  ingest: IngestSettings;
  readStats(): Promise<MonitorStats>;
  streams: Parameters<typeof taskStream>[0];
  readSystemStatus: Parameters<typeof systemStatus>[0];
  /** URL */
  grafana: string | undefined;
}

/** Everything that the exporter answers. One more is one more entry. */
export function exporterEndpoints(parts: EndpointParts): Endpoint[] {
  const { workPool, telemetryPath, timeoutOffset } = parts;
  const described = [
    metrics(parts.expose, { path: telemetryPath, timeoutOffset }),
    healthy,
    ready(parts.problem),
    workers(workPool, parts.discovered),
    stats(parts.readStats),
    taskStatusOfText(workPool),
    taskStream(parts.streams),
    retryText(workPool),
    taskList(workPool),
    submitTask(workPool, parts.ingest),
    taskHeartbeat(workPool, parts.ingest.heartbeatTimeout),
    completeTask(workPool),
    failTask(workPool, parts.overflowed),
    textList(workPool),
    systemStatus(parts.readSystemStatus, VERSION),
    monitorRedirect(parts.grafana),
  ];
  const documented = [...described, openApi(described, VERSION)];
  return [
    ...documented,
    indexPage(
      VERSION,
      documented.map(({ operation }) => operation),
    ),
  ];
}
