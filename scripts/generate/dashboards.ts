import { PAGES } from "../../grafana/src/index.ts";
import type { Generator } from "./index.ts";

/** grafana/dashboards, from grafana/src. */
export const DASHBOARD_FILES: readonly Generator[] = PAGES.map((page) => ({
  path: `grafana/dashboards/${page.uid}.json`,
  generate: async () => `${JSON.stringify(page, null, 2)}\n`,
}));
