import type { CommandName, Config } from "../config.ts";
import type { Logger } from "../logger.ts";

/** What a command may use of the process that it runs in. */
export interface CommandIo {
  /** A line of the command's result, on standard output. */
  print(line: string): void;
  log: Logger;
  /** From the first call on, SIGINT and SIGTERM abort this signal; a second one ends the process with 1. */
  stopSignal(): AbortSignal;
}

export interface Command<Name extends CommandName> {
  name: Name;
  /** One line for `tts-monitor --help`. */
  summary: string;
  /**
   * Resolves to the exit code: 0 ok, 1 failed.
   * @throws OperationError, DatabaseUnavailableError: shown as one line, exit code 1
   */
  run(config: Config<Name>, io: CommandIo): Promise<number>;
}
