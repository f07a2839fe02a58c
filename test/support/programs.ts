import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { findProgram } from "../../src/demo/programs.ts";

/** Another python3 on the PATH would not see Debian's packages. */
export const DEBIAN_PYTHON = "/usr/bin/python3";

/** What to run a program by, where it is installed: Debian calls Alertmanager `prometheus-alertmanager`. */
export function programPath(program: string): string | undefined {
  return findProgram(program, `prometheus-${program}`);
}

/**
 * A suite that needs an installed program, whose path it is handed. Where the program is missing
 * the suite is skipped and says so; in CI, where nobody reads that, it fails.
 */
export function describeWith(
  program: string,
  title: string,
  define: (path: string) => void,
  path = programPath(program),
): void {
  if (path !== undefined) {
    describe(title, () => define(path));
    return;
  }
  const missing = `${program} is not installed`;
  if (process.env["CI"] === "true") {
    it(`${title}: ${missing}`, () => expect.fail(missing));
  } else {
    console.warn(`skipped: ${title} (${missing})`);
    it.skip(`${title}: ${missing}`);
  }
}

/** A suite that needs Prometheus' Python client, of Debian's package python3-prometheus-client. */
export function describeWithPythonClient(title: string, define: () => void): void {
  const { status } = spawnSync(DEBIAN_PYTHON, ["-c", "import prometheus_client"]);
  describeWith("python3-prometheus-client", title, define, status === 0 ? DEBIAN_PYTHON : undefined);
}

/** Runs a program to its end; the output is standard output and error. */
export function runProgram(path: string, ...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(path, args, { encoding: "utf8" });
  return { status, output: stdout + stderr };
}
