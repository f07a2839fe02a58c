import { parseArgs } from "node:util";
import { ConfigError } from "../errors.ts";
import { type CommandName, isSwitch, type Setting } from "./setting.ts";
import { settingsOf } from "./settings.ts";

/** A setting's text as the user gave it, and what to call it when it is wrong. */
export interface Given {
  text: string;
  source: string;
}

/**
 * The flags of a command line by setting: `--flag value`, `--flag=value`, `--switch`, `--no-switch`; the last
 * one counts.
 * @throws ConfigError for an unknown flag, a word that belongs to no flag, or a flag without its value
 */
export function parseFlags(command: CommandName, argv: readonly string[]): Map<string, Given> {
  const settings = new Map<string, Setting>(settingsOf(command));
  const given = new Map<string, Given>();
  for (const token of tokens(settings, argv)) {
    if (token.kind === "positional") {
      throw new ConfigError(`unexpected argument${shown(token.value)}; ${seeHelp(command)}`);
    }
    if (token.kind === "option-terminator") continue;
    const name = settings.has(token.name) ? token.name : token.name.replace(/^no-/, "");
    const setting = settings.get(name);
    const negated = name !== token.name;
    if (setting === undefined || (negated && !isSwitch(setting))) {
      throw new ConfigError(`unknown flag${shown(token.rawName)}; ${seeHelp(command)}`);
    }
    if (negated && token.value !== undefined) throw new ConfigError(`${token.rawName} takes no value`);
    // A word that begins with -- is the next flag, unless it was joined with "=": this one's value is missing.
    const text = token.inlineValue === false && token.value.startsWith("--") ? undefined : token.value;
    if (text === undefined && !isSwitch(setting)) throw new ConfigError(`${token.rawName} needs a value`);
    given.set(name, { text: text ?? String(!negated), source: token.rawName });
  }
  return given;
}

function tokens(settings: Map<string, Setting>, argv: readonly string[]) {
  const options = Object.fromEntries(
    [...settings].map(([name, setting]) => [
      name,
      { type: isSwitch(setting) ? ("boolean" as const) : ("string" as const) },
    ]),
  );
  // Not strict: its errors quote values, and a misplaced database URL holds a password.
  return parseArgs({ args: [...argv], options, strict: false, allowPositionals: true, tokens: true }).tokens;
}

/** Only plain words are repeated in an error: it stays one line, and shows no password of a URL. */
function shown(word: string): string {
  return /^[\w.-]{1,64}$/.test(word) ? ` ${word}` : "";
}

function seeHelp(command: CommandName): string {
  return `"tts-monitor ${command} --help" lists the flags`;
}
