import { counted } from "../domain/counted.ts";
import { prune } from "../jobs/prune.ts";
import type { Command } from "./command.ts";
import { withDatabase } from "./with-database.ts";

export const pruneCommand: Command<"prune"> = {
  name: "prune",
  summary: "removes ended tasks and lost workers that are past their retention, once; no counter falls",
  async run({ database, retention }, io) {
    const stop = io.stopSignal();
    const removed = await withDatabase("prune", database.url, io, (pool) => prune(pool, retention, stop));
    const [tasks, workers] = [counted(removed.tasks, "task"), counted(removed.workers, "worker")];
    io.print(`removed ${tasks}, ${workers}, the states of ${counted(removed.textStates, "text")}`);
    return 0;
  },
};
