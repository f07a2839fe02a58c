import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { readYaml } from "./rules.ts";

export interface DataSource {
  name: string;
  uid: string;
  type: string;
  url: string;
  user?: string;
  editable: boolean;
  jsonData: Record<string, string | number | boolean>;
  secureJsonData?: Record<string, string>;
}

export interface Provider {
  folderUid: string;
  allowUiUpdates: boolean;
  disableDeletion: boolean;
  options: { path: string };
}

export type Environment = Readonly<Record<string, string>>;

const DATA_SOURCES_FILE = "grafana/provisioning/datasources/tts.yml";
const PROVIDERS_FILE = "grafana/provisioning/dashboards/tts.yml";
export const EXAMPLE_FILE = "grafana/example.env";

/** The values of the files, not yet expanded; comments are no part of them. */
export const DATA_SOURCES = readYaml<{ datasources: DataSource[] }>(DATA_SOURCES_FILE).datasources;
export const PROVIDERS = readYaml<{ providers: Provider[] }>(PROVIDERS_FILE).providers;

export const EXAMPLE = parseEnv(readFileSync(EXAMPLE_FILE, "utf8")) as Environment;

export function dataSource(uid: string): DataSource {
  const found = DATA_SOURCES.find((source) => source.uid === uid);
  if (!found) throw new Error(`no data source ${uid} in ${DATA_SOURCES_FILE}`);
  return found;
}

/**
 * A value of a provisioning file as Grafana reads it: `interpolateValue` of pkg/services/provisioning/values/values.go,
 * which puts `ExpandVar` of pkg/setting/expanders.go before Go's os.ExpandEnv. So what `${NAME}` inserts is
 * expanded once more, and what `$NAME` inserts is not. `$$` is a dollar; nothing has a default.
 * Left out: `$__file{…}`, and the machine's name for an empty HOSTNAME.
 */
export function expanded(value: string, environment: Environment): string {
  const read = (name: string) => environment[name] ?? "";
  return value
    .split("$$")
    .map((part) => part.replaceAll(/\$(?:__env)?\{([^}]+)\}/g, (_, name: string) => read(name)))
    .map((part) =>
      part.replaceAll(GO_VARIABLE, (_, braced?: string, bare?: string) => read(braced ?? bare ?? "")),
    )
    .join("$");
}

// `getShellName` of Go's os package: of the shell's special names one character is one, a digit too; `${}` and an
// open `${` are eaten.
const GO_VARIABLE = /\$(?:\{([^}]*)\}|\{|([*#$@!?\-0-9]|\w+))/g;
