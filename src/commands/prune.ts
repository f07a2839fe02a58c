import { prune } from "../jobs/prune.ts";
import type { Command } from "./command.ts";
import { withDatabase } from "./with-database.ts";

export const pruneCommand: Command<"prune"> = {
  name: "prune",
  summary: "removes ended tasks and lost workers that are past their retention, once; no counter falls",
  async run({ database, retention }, io) {
    const stop = io.stopSignal();
    const removed = await withDatabase("prune", database.url, io, (pool) => prune(pool, retention, stop));
    io.print(
      `removed ${removed.tasks} tasks, ${removed.workers} workers, the states of ${removed.textStates} texts`,
    );
    return 0;
  },
};
