import { readdirSync, readFileSync } from "node:fs";
import { parseEnv } from "node:util";

export const SYSTEMD_FOLDER = "deploy/systemd";

export interface Unit {
  name: string;
  /** the values of a directive, in their order */
  all(directive: string): string[];
  /** the last value of a directive, "" where it has none */
  one(directive: string): string;
}

export const UNITS: readonly Unit[] = readdirSync(SYSTEMD_FOLDER)
  .filter((name) => /\.service$/.test(name))
  .map(readUnit);

/** What a unit's program has in its environment; `%d` and other specifiers stay as they are. */
export function environmentOf({ all }: Unit): Record<string, string> {
  const files = all("EnvironmentFile").map((path) => path.replace("/etc/tts-monitor", SYSTEMD_FOLDER));
  const lines = all("Environment").join("\n");
  return Object.assign(
    {},
    ...[...files.map((path) => readFileSync(path, "utf8")), lines].map((text) => parseEnv(text)),
  ) as Record<string, string>;
}

function readUnit(name: string): Unit {
  const text = readFileSync(`${SYSTEMD_FOLDER}/${name}`, "utf8");
  const directives = [...text.matchAll(/^(\w+)=(.*)$/gm)];
  const all = (directive: string) =>
    directives.filter(([, key]) => key === directive).map(([, , value = ""]) => value);
  return { name, all, one: (directive) => all(directive).at(-1) ?? "" };
}
