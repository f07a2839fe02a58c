import type { Logger } from "../../src/logger.ts";

/** A log that keeps the messages of one level. */
export function collectedLog(level: "warn" | "error"): { logger: Logger; messages: string[] } {
  const messages: string[] = [];
  const ignore = () => {};
  const keep = (first: object | string, message?: string) => void messages.push(message ?? String(first));
  const logger: Logger = {
    debug: ignore,
    info: ignore,
    warn: ignore,
    error: ignore,
    child: () => logger,
    ...{ [level]: keep },
  };
  return { logger, messages };
}
