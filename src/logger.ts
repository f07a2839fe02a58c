import { pino } from "pino";
import { prettyFactory } from "pino-pretty";
import { unicodeEscape } from "./domain/unicode-escape.ts";

interface LogMethod {
  (message: string): void;
  (fields: object, message: string): void;
}

/** Errors go in the field `err`. `error` means that somebody must act: a healthy day has none. */
export interface Logger {
  debug: LogMethod;
  info: LogMethod;
  warn: LogMethod;
  error: LogMethod;
  /** The same log with these fields on each line. */
  child(fields: object): Logger;
}

export interface LogSettings {
  level: "debug" | "info" | "warn" | "error";
  format: "json" | "pretty";
}

const STDERR = 2;
const MAX_UNWRITTEN_BYTES = 1 << 20;

/** A log on standard error, so that standard output stays free for a command's results. */
export function createLogger(settings: LogSettings): Logger {
  const options = {
    level: settings.level,
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  const output = stderr();
  if (settings.format === "json") {
    return pino({ ...options, formatters: { level: (level) => ({ level }) } }, output);
  }
  const pretty = prettyFactory({ colorize: process.stderr.isTTY, singleLine: true, messageFormat: oneLine });
  return pino(options, { write: (line) => output.write(pretty(line)) });
}

/** Discards everything. */
export const silentLogger: Logger = {
  debug: discard,
  info: discard,
  warn: discard,
  error: discard,
  child: () => silentLogger,
};

function discard(): void {}

/**
 * Written at once, so that nothing is lost at exit. Where standard error takes nothing (a broken pipe, a full
 * disk, a reader that has stopped reading) lines are kept up to a limit and then dropped: a log must neither
 * end nor hold up the process.
 */
function stderr() {
  const stream = pino.destination({
    dest: STDERR,
    sync: true,
    maxLength: MAX_UNWRITTEN_BYTES,
    retryEAGAIN: () => false,
  });
  stream.on("error", discard);
  return stream;
}

/** A message of several lines could forge a second entry. Where the format is JSON they are escaped anyway. */
function oneLine(log: Record<string, unknown>, messageKey: string): string {
  return String(log[messageKey] ?? "").replaceAll(/\p{Cc}/gu, unicodeEscape);
}
