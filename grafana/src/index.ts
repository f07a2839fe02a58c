import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { monitorPage } from "./dashboards/monitor/index.ts";
import { overviewPage } from "./dashboards/overview/index.ts";
import { sloPage } from "./dashboards/slo.ts";
import { taskPage } from "./dashboards/task/index.ts";
import { tasksPage } from "./dashboards/tasks/index.ts";
import { workersPage } from "./dashboards/workers/index.ts";

/** Every page of Grafana. */
export const PAGES: readonly Dashboard[] = [
  overviewPage,
  tasksPage,
  taskPage,
  workersPage,
  sloPage,
  monitorPage,
];
