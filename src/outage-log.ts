import type { Logger } from "./logger.ts";

/** Logs that something broke, and that it works again: one line each per outage, however often it is tried. */
export function logChanges(log: Logger) {
  const broken = new Set<string>();
  return {
    failed(what: string, error: unknown): void {
      if (broken.has(what)) return;
      broken.add(what);
      log.warn({ reason: reasonOf(error) }, `${what}: cannot be read`);
    },
    works(what: string): void {
      if (broken.delete(what)) log.info(`${what}: can be read again`);
    },
  };
}

/** An error in one line: for what is expected to happen, a stack says nothing more. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // An AggregateError, as of a connection tried on several addresses, has no message of its own.
  return error.message || ("code" in error ? String(error.code) : error.name);
}
