import { type CommandName, defaultOf, isOrder, isSwitch, type Setting, variablesOf } from "./setting.ts";
import { settingsOf } from "./settings.ts";

const COLUMNS = 100;
const GUTTER = 38;

/** The usage of a command, at most 100 columns wide: each flag with its meaning, default and variable. */
export function helpFor(command: CommandName): string {
  const flags = settingsOf(command).flatMap(([name, setting]) => [
    entry(usage(name, setting), setting.help),
    ...(isOrder(setting, command)
      ? []
      : [entry("", `${unset(setting, command)}; ${variablesOf(name, setting).join(" or ")}`)]),
  ]);
  return [
    `Usage: tts-monitor ${command} [flags]`,
    "",
    ...flags,
    entry("--help", "this text"),
    "",
    "A flag beats its environment variable.",
  ].join("\n");
}

function usage(name: string, setting: Setting): string {
  if (!isSwitch(setting)) return `--${name} ${setting.kind.placeholder}`;
  return setting.default === "true" ? `--[no-]${name}` : `--${name}`;
}

function unset(setting: Setting, command: CommandName): string {
  if (setting.requiredBy?.includes(command)) return "required";
  return `default: ${defaultOf(setting, command) ?? setting.otherwise ?? "none"}`;
}

function entry(flag: string, text: string): string {
  const [first = "", ...rest] = wrapped(text, COLUMNS - GUTTER);
  return [`  ${flag}`.padEnd(GUTTER) + first, ...rest.map((line) => " ".repeat(GUTTER) + line)].join("\n");
}

function wrapped(text: string, width: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line !== "" && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines;
}
