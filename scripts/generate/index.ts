import { alertsReference } from "./alerts-reference.ts";
import { configurationReference } from "./configuration-reference.ts";
import { DASHBOARD_FILES } from "./dashboards.ts";
import { dependenciesReference } from "./dependencies-reference.ts";
import { DEPLOYMENT_FILES } from "./deployment.ts";
import { goldenMetrics } from "./golden-metrics.ts";
import { metricsReference } from "./metrics-reference.ts";
import { openApiDescription } from "./openapi.ts";
import { RULES } from "./rules.ts";
import { schemaDump } from "./schema-dump.ts";
import { withScratchDatabase } from "./scratch-database.ts";

export interface Generator {
  path: string;
  generate(): Promise<string>;
}

/** Every generated file of the repository. */
export const GENERATORS: readonly Generator[] = [
  { path: "docs/schema.sql", generate: () => withScratchDatabase(schemaDump) },
  { path: "docs/configuration.md", generate: configurationReference },
  { path: "docs/dependencies.md", generate: dependenciesReference },
  { path: "docs/metrics.md", generate: metricsReference },
  { path: "docs/openapi.json", generate: () => withScratchDatabase(openApiDescription) },
  ...RULES,
  ...DASHBOARD_FILES,
  ...DEPLOYMENT_FILES,
  { path: "docs/alerts.md", generate: alertsReference },
  { path: "test/golden/metrics.txt", generate: () => withScratchDatabase(goldenMetrics) },
];
