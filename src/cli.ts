#!/usr/bin/env node
import type { Command, CommandIo } from "./commands/command.ts";
import { stopSignal } from "./commands/stop-signal.ts";
import type { CommandName } from "./config.ts";
import { reasonOf } from "./domain/thrown.ts";
import { ConfigError, TtsMonitorError } from "./errors.ts";
import { VERSION } from "./version.ts";

/** Every command there is, loaded when it is asked for: `--version` waits for no database driver. */
const COMMANDS: { [Name in CommandName]: () => Promise<Command<Name>> } = {
  serve: async () => (await import("./commands/serve.ts")).serveCommand,
  migrate: async () => (await import("./commands/migrate.ts")).migrateCommand,
  "migrate down": async () => (await import("./commands/migrate-down.ts")).migrateDownCommand,
  doctor: async () => (await import("./commands/doctor.ts")).doctorCommand,
  demo: async () => (await import("./commands/demo.ts")).demoCommand,
  audit: async () => (await import("./commands/audit.ts")).auditCommand,
  prune: async () => (await import("./commands/prune.ts")).pruneCommand,
  limit: async () => (await import("./commands/limit.ts")).limitCommand,
  export: async () => (await import("./commands/export.ts")).exportCommand,
  import: async () => (await import("./commands/import.ts")).importCommand,
};

const FAILED = 1;
const USAGE = 2;

// Whoever read the output may be gone (`tts-monitor --help | head -1`): no reason to end with a stack.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

process.exitCode = await main(process.argv.slice(2));

async function main(argv: string[]): Promise<number> {
  try {
    if (argv.includes("--version")) return printed(VERSION);
    const { command, rest } = commandIn(argv);
    if (command) return asksForHelp(rest) ? printed(await commandHelp(command)) : await run(command, rest);
    const [word = "help", ...about] = argv;
    if (word !== "help" && !asksForHelp([word])) {
      throw new ConfigError('unknown command; "tts-monitor --help" lists the commands');
    }
    const asked = commandIn(about).command;
    return printed(asked ? await commandHelp(asked) : await generalHelp());
  } catch (error) {
    process.stderr.write(`tts-monitor: ${oneLine(error)}\n`);
    return error instanceof ConfigError ? USAGE : FAILED;
  }
}

async function run<Name extends CommandName>(name: Name, argv: string[]): Promise<number> {
  const { loadConfig } = await import("./config.ts");
  const config = loadConfig(name, argv);
  const { createLogger } = await import("./logger.ts");
  const log = createLogger(config.log);
  const io: CommandIo = { print: printed, log, stopSignal };
  try {
    const command = await COMMANDS[name]();
    return await command.run(config, io);
  } catch (error) {
    if (!(error instanceof TtsMonitorError)) log.debug({ err: error }, `${name} failed`);
    throw error;
  }
}

async function commandHelp(name: CommandName): Promise<string> {
  const { helpFor } = await import("./config.ts");
  const { summary } = await COMMANDS[name]();
  return `${summary}\n\n${helpFor(name)}`;
}

async function generalHelp(): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()));
  return [
    "Usage: tts-monitor COMMAND [flags]",
    "",
    ...commands.map(({ name, summary }) => `  ${name.padEnd(14)}${summary}`),
    "",
    '"tts-monitor COMMAND --help" lists the flags of a command; "tts-monitor --version" tells the version.',
  ].join("\n");
}

/** The command that the words begin with, which may be two of them, and the words after it. */
function commandIn(words: readonly string[]): { command?: CommandName; rest: string[] } {
  for (const length of [2, 1]) {
    const command = words.slice(0, length).join(" ");
    if (isCommand(command)) return { command, rest: words.slice(length) };
  }
  return { rest: [...words] };
}

function isCommand(word: string): word is CommandName {
  return Object.hasOwn(COMMANDS, word);
}

function asksForHelp(words: string[]): boolean {
  return words.includes("--help") || words.includes("-h");
}

function printed(text: string): number {
  process.stdout.write(`${text}\n`);
  return 0;
}

function oneLine(error: unknown): string {
  return reasonOf(error).replaceAll(/[\s\p{Cc}]+/gu, " ");
}
