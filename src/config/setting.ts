import type { Kind } from "./kinds.ts";

export const COMMANDS = [
  "serve",
  "migrate",
  "migrate down",
  "doctor",
  "demo",
  "audit",
  "prune",
  "limit",
  "export",
  "import",
] as const;
export type CommandName = (typeof COMMANDS)[number];

/** Who reads settings: a command from flags and environment, a worker (the library) from the environment. */
export type Reader = CommandName | "worker";

export const ALL = [...COMMANDS, "worker"] as const;
// The doctor judges what `serve` would do, so it reads all that `serve` reads.
export const EXPORTER = ["serve", "doctor"] as const;
export const SERVICES = ["serve", "doctor", "demo"] as const;
export const TASK_OWNERS = ["serve", "doctor", "demo", "worker"] as const;

export interface Setting {
  kind: Kind;
  /** as text, in the form that a user would write */
  default?: string;
  /** in place of `default`, for readers that it does not suit */
  defaults?: Partial<Record<Reader, string>>;
  /** what happens without it, where there is no default */
  otherwise?: string;
  /** readers that take it as an order, which is given by flag only and never lies about in the environment */
  orderFor?: readonly Reader[];
  help: string;
  readers: readonly Reader[];
  /** the readers that do not run without it */
  requiredBy?: readonly Reader[];
  /** a further environment variable, weaker than the setting's own */
  alias?: string;
}

/** As text, in the form that a user would write. */
export function defaultOf(setting: Setting, reader: Reader): string | undefined {
  return setting.defaults?.[reader] ?? setting.default;
}

/** A setting that is on or off: its flag takes no value, and `--no-…` turns it off. */
export function isSwitch(setting: Setting): boolean {
  return setting.kind.placeholder === "";
}

/** Whether the reader takes the setting from a flag alone. */
export function isOrder(setting: Setting, reader: Reader): boolean {
  return setting.orderFor?.includes(reader) ?? false;
}

/** The environment variables of a setting, the strongest first. */
export function variablesOf(name: string, setting: Setting): string[] {
  const own = `TTS_MONITOR_${name.toUpperCase().replaceAll(/[.-]/g, "_")}`;
  return setting.alias === undefined ? [own] : [own, setting.alias];
}
