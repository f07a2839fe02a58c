import { spawnSync } from "node:child_process";

/** The first of these programs that is installed, and runs. */
export function findProgram(...names: string[]): string | undefined {
  return names.find((name) => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0);
}
