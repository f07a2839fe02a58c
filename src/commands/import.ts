import { readBackup } from "../db/backup-reader.ts";
import { inTransaction, READ_COMMITTED } from "../db/transaction.ts";
import { counted } from "../domain/counted.ts";
import { readSource } from "./backup-file.ts";
import type { Command } from "./command.ts";
import { withDatabase } from "./with-database.ts";

export const importCommand: Command<"import"> = {
  name: "import",
  summary: "restores what `export` has written into a database without tasks; all of it or nothing",
  async run({ database, file }, io) {
    const stop = io.stopSignal();
    const rows = await withDatabase("import", database.url, io, (pool) =>
      inTransaction(pool, READ_COMMITTED, (db) => readBackup(db, readSource(file, stop))),
    );
    io.print(`imported ${counted(rows.tasks, "task")} and ${counted(rows.workers, "worker")}`);
    return 0;
  },
};
