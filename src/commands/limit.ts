import { type ConcurrencyReading, concurrencyCollector } from "../collectors/concurrency.ts";
import { writeConcurrencyLimit } from "../db/settings-store.ts";
import type { Command } from "./command.ts";
import { withDatabase } from "./with-database.ts";

export const limitCommand: Command<"limit"> = {
  name: "limit",
  summary:
    "prints the global limit of tasks in processing, sets it or removes it; serve sets its own when it starts",
  run: ({ database, concurrency, unlimited }, io) =>
    withDatabase("limit", database.url, io, async (pool) => {
      const before = await concurrencyCollector.read(pool);
      const wanted = unlimited ? null : concurrency.global;
      if (wanted === undefined) {
        io.print(`${inWords(before)}; tasks in processing: ${before.inUse}`);
        return 0;
      }
      await writeConcurrencyLimit(pool, wanted);
      const now = await concurrencyCollector.read(pool);
      io.print(`${inWords(now)} (before: ${inWords(before)}); tasks in processing: ${now.inUse}`);
      return 0;
    }),
};

function inWords({ global }: ConcurrencyReading): string {
  return global === null ? "no global limit" : `global limit ${global}`;
}
