import type pg from "pg";
import { writeBackup } from "../db/backup-writer.ts";
import { inTransaction, READ_ONLY_SNAPSHOT } from "../db/transaction.ts";
import type { RowCounts } from "../domain/backup.ts";
import { counted } from "../domain/counted.ts";
import { OperationError } from "../errors.ts";
import { VERSION } from "../version.ts";
import { type BackupSink, openSink, STANDARD } from "./backup-file.ts";
import type { Command } from "./command.ts";
import { withDatabase } from "./with-database.ts";

export const exportCommand: Command<"export"> = {
  name: "export",
  summary: "writes tasks, ledger and workers as JSON lines, from one snapshot, for `import`",
  async run({ database, file }, io) {
    const stop = io.stopSignal();
    const sink = await openSink(file, stop);
    try {
      const rows = await withDatabase("export", database.url, io, (pool) => writeAll(pool, sink, stop));
      await sink.finish();
      if (file !== STANDARD)
        io.print(`exported ${counted(rows.tasks, "task")} and ${counted(rows.workers, "worker")}`);
      return 0;
    } finally {
      await sink.discard();
    }
  },
};

function writeAll(pool: pg.Pool, sink: BackupSink, stop: AbortSignal): Promise<RowCounts> {
  return inTransaction(pool, READ_ONLY_SNAPSHOT, async (db) => {
    const backup = writeBackup(db, VERSION);
    let piece = await backup.next();
    while (!piece.done) {
      if (stop.aborted) throw new OperationError("stopped before the export's end");
      await sink.write(piece.value);
      piece = await backup.next();
    }
    return piece.value;
  });
}
