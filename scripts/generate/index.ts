import { alertsReference } from "./alerts-reference.ts";
import { goldenMetrics } from "./golden-metrics.ts";
import { metricsReference } from "./metrics-reference.ts";
import { openApiDescription } from "./openapi.ts";
import { RULES } from "./rules.ts";
import { schemaDump } from "./schema-dump.ts";
import type { ScratchDatabase } from "./scratch-database.ts";

export interface Generator {
  path: string;
  generate(database: ScratchDatabase): Promise<string>;
}

/** Every generated file of the repository. */
export const GENERATORS: readonly Generator[] = [
  { path: "docs/schema.sql", generate: schemaDump },
  { path: "docs/metrics.md", generate: metricsReference },
  { path: "docs/openapi.json", generate: openApiDescription },
  ...RULES,
  { path: "docs/alerts.md", generate: alertsReference },
  { path: "test/golden/metrics.txt", generate: goldenMetrics },
];
