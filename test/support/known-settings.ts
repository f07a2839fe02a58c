import { expect } from "vitest";
import { type Reader, variablesOf } from "../../src/config/setting.ts";
import { settingsOf } from "../../src/config/settings.ts";
import { type CommandName, loadConfig, loadWorkerSettings } from "../../src/config.ts";

/** Stands in for whatever file a deployment mounts: one that can be read. */
const SOME_FILE = "LICENSE";

/**
 * Expects a command of a deployment to take these flags and variables as they are: none is unknown to it, none is
 * wrong. Paths below `mounted` are files that only the deployment has.
 */
export function expectTaken(
  command: CommandName,
  flags: readonly string[],
  environment: Readonly<Record<string, string>>,
  mounted = "/run/secrets/",
): ReturnType<typeof loadConfig<typeof command>> {
  expectKnown(command, environment);
  return loadConfig(command, flags, withFiles(environment, mounted));
}

/** The same of a worker, which has no flags. */
export function expectTakenByWorker(environment: Readonly<Record<string, string>>, mounted: string): void {
  expectKnown("worker", environment);
  loadWorkerSettings(withFiles(environment, mounted));
}

function expectKnown(reader: Reader, environment: Readonly<Record<string, string>>): void {
  const known = settingsOf(reader).flatMap(([name, setting]) => variablesOf(name, setting));
  const ours = Object.keys(environment).filter((name) => name.startsWith("TTS_MONITOR_"));
  expect(known, `the variables of ${reader}`).toEqual(expect.arrayContaining(ours));
}

function withFiles(environment: Readonly<Record<string, string>>, mounted: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [name, value.startsWith(mounted) ? SOME_FILE : value]),
  );
}
