import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import type { RecordingRule } from "../../prometheus/src/rule.ts";
import { runProgram } from "./programs.ts";

/** What promtool says of queries, each as a rule by a name that tells where it is from. @param folder for their file */
export function checkQueries(
  promtool: string,
  folder: string,
  rules: readonly RecordingRule[],
): ReturnType<typeof runProgram> {
  const path = join(folder, "queries.yml");
  writeFileSync(path, stringify({ groups: [{ name: "queries", rules }] }));
  return runProgram(promtool, "check", "rules", path);
}
