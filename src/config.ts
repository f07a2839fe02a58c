import { type Given, parseFlags } from "./config/flags.ts";
import { withPasswordOf } from "./config/password-file.ts";
import {
  type CommandName,
  defaultOf,
  isOrder,
  type Reader,
  type Setting,
  variablesOf,
} from "./config/setting.ts";
import { settingsOf } from "./config/settings.ts";
import type { Config, SettingName } from "./config/types.ts";
import { formatDuration } from "./domain/duration.ts";
import { ConfigError } from "./errors.ts";

export { helpFor } from "./config/help.ts";
export type { CommandName } from "./config/setting.ts";
export type { Config } from "./config/types.ts";

const PASSWORD_FILE = "database.password-file";

/**
 * The settings of a command. A flag beats the environment, which beats the default. A `TTS_MONITOR_` variable
 * that this command does not know is left alone: the commands share one environment.
 * @throws ConfigError whose message is one line that names the setting as the user gave it
 */
export function loadConfig<C extends CommandName>(
  command: C,
  argv: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Config<C> {
  return load(command, parseFlags(command, argv), env);
}

/**
 * The settings that the library reads from the environment.
 * @param answered settings that the caller's options give: their variables are not read, so that another
 *   program's `DATABASE_URL` is no error
 * @throws ConfigError as `loadConfig`
 */
export function loadWorkerSettings(
  env: NodeJS.ProcessEnv = process.env,
  answered: readonly SettingName<"worker">[] = [],
): Config<"worker"> {
  const unread = settingsOf("worker")
    .filter(([name]) => answered.some((answer) => answer === name))
    .flatMap(([name, setting]) => variablesOf(name, setting));
  const read = Object.entries(env).filter(([variable]) => !unread.includes(variable));
  return load("worker", new Map(), Object.fromEntries(read));
}

function load<R extends Reader>(reader: R, flags: Map<string, Given>, env: NodeJS.ProcessEnv): Config<R> {
  const sources = new Map<string, string>();
  const values: Record<string, unknown> = {};
  for (const [name, setting] of settingsOf(reader)) {
    const given =
      flags.get(name) ?? (isOrder(setting, reader) ? undefined : fromEnvironment(name, setting, env));
    const { text, source } = given ?? { text: defaultOf(setting, reader), source: `--${name}` };
    if (text === undefined && setting.requiredBy?.includes(reader)) {
      throw new ConfigError(`${source} (or ${variablesOf(name, setting).join(" or ")}) is required`);
    }
    sources.set(name, source);
    values[name] = text === undefined ? undefined : parsedValue(setting, text, source);
  }
  const source = (name: string) => sources.get(name) ?? name;
  refuseContradictions(values, source);
  completeUrls(values, source(PASSWORD_FILE), reader);
  return nested(values) as Config<R>;
}

function fromEnvironment(name: string, setting: Setting, env: NodeJS.ProcessEnv): Given | undefined {
  for (const source of variablesOf(name, setting)) {
    const text = env[source];
    if (text !== undefined) return { text, source };
  }
  return undefined;
}

/** The errors never repeat the text: it may hold a password. */
function parsedValue(setting: Setting, text: string, source: string): unknown {
  const parsed = setting.kind.schema.safeParse(text);
  if (!parsed.success) throw new ConfigError(`${source} must be ${setting.kind.accepts}`);
  return parsed.data;
}

function refuseContradictions(values: Record<string, unknown>, source: (name: string) => string): void {
  const interval = values["heartbeat.interval"];
  const timeout = values["heartbeat.timeout"];
  if (typeof interval === "number" && typeof timeout === "number" && timeout <= interval) {
    const [longer, shorter] = [source("heartbeat.timeout"), source("heartbeat.interval")];
    throw new ConfigError(
      `${longer} (${formatDuration(timeout)}) must be longer than ${shorter} (${formatDuration(interval)})`,
    );
  }
  const exclude = (one: string, other: string) => {
    if (values[one] && values[other])
      throw new ConfigError(`${source(one)} and ${source(other)} exclude each other`);
  };
  exclude("track-app-tables", "untrack-app-tables");
  exclude("concurrency.global", "unlimited");
}

/** A worker's URL may be its caller's, and the password with it. */
function completeUrls(values: Record<string, unknown>, source: string, reader: Reader): void {
  const file = values[PASSWORD_FILE];
  if (typeof file !== "string") return;
  if (values["database.url"] === undefined && reader !== "worker") {
    throw new ConfigError(`${source} needs --database.url`);
  }
  for (const name of ["database.url", "database.listen-url"]) {
    const url = values[name];
    if (typeof url === "string" && url !== "none") values[name] = withPasswordOf(file, url, source);
  }
}

/** `{"task.pending-timeout": 1}` as `{task: {pendingTimeout: 1}}`, deeply frozen. */
function nested(values: Record<string, unknown>): Record<string, unknown> {
  const config: Record<string, unknown> = {};
  const groups: Record<string, Record<string, unknown>> = {};
  for (const [name, value] of Object.entries(values)) {
    const [group = "", ...rest] = name.split(".");
    const leaf = rest.join("-");
    if (leaf === "") config[camelCase(name)] = Object.freeze(value);
    else groups[group] = { ...groups[group], [camelCase(leaf)]: Object.freeze(value) };
  }
  for (const [group, members] of Object.entries(groups)) config[camelCase(group)] = Object.freeze(members);
  return Object.freeze(config);
}

function camelCase(name: string): string {
  return name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
