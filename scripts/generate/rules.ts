import { ruleFiles } from "../../prometheus/src/files.ts";
import { rulesFile } from "../../prometheus/src/yaml.ts";
import type { Generator } from "./index.ts";

/** prometheus/rules, from prometheus/src. */
export const RULES: readonly Generator[] = Object.entries(ruleFiles()).map(([name, groups]) => ({
  path: `prometheus/rules/${name}.yml`,
  generate: async () => rulesFile(groups),
}));
