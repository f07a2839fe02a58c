import { reasonOf } from "./domain/thrown.ts";
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
