import type { z } from "zod";
import type { Reader } from "./setting.ts";
import type { SETTINGS } from "./settings.ts";

type Settings = typeof SETTINGS;
export type SettingName<R extends Reader = Reader> = {
  [Name in keyof Settings]: R extends Settings[Name]["readers"][number] ? Name : never;
}[keyof Settings];

/** Undefined where a setting has no default and its reader runs without it. */
type Value<Name extends keyof Settings, R extends Reader> = Readonly<
  z.output<Settings[Name]["kind"]["schema"]> | (IsGiven<Settings[Name], R> extends true ? never : undefined)
>;
type IsGiven<S, R> = S extends { default: string }
  ? true
  : S extends { requiredBy: readonly (infer By)[] }
    ? R extends By
      ? true
      : false
    : false;

type CamelCase<Text extends string> = Text extends `${infer Word}${"-" | "."}${infer Rest}`
  ? `${Word}${Capitalize<CamelCase<Rest>>}`
  : Text;
type GroupOf<Name> = Name extends `${infer Group}.${string}` ? Group : never;

type ConfigOf<R extends Reader> = {
  readonly [Name in SettingName<R> as Name extends `${string}.${string}` ? never : CamelCase<Name>]: Value<
    Name,
    R
  >;
} & {
  readonly [Group in GroupOf<SettingName<R>> as CamelCase<Group>]: {
    readonly [Name in SettingName<R> as Name extends `${Group}.${infer Leaf}`
      ? CamelCase<Leaf>
      : never]: Value<Name, R>;
  };
};

/**
 * What a reader's settings come to, frozen all through: `--task.pending-timeout` is `config.task.pendingTimeout`.
 * Durations are whole milliseconds. Every reader has the log's: said apart for code that serves any of them.
 */
export type Config<R extends Reader> = ConfigOf<R> & Pick<ConfigOf<"worker">, "log">;
