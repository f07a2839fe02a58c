import { migrate } from "../db/migrate.ts";
import { counted } from "../domain/counted.ts";
import { reasonOf } from "../domain/thrown.ts";
import { DatabaseUnavailableError, OperationError } from "../errors.ts";
import type { Command } from "./command.ts";

export const migrateCommand: Command<"migrate"> = {
  name: "migrate",
  summary:
    "brings the schema tts_monitor up to date; installs or removes the triggers on the application's tables",
  async run(config, io) {
    try {
      const { applied, version } = await migrate(config.database.url, {
        ...(config.trackAppTables && { trackAppTables: true }),
        ...(config.untrackAppTables && { trackAppTables: false }),
        reader: config.grant.reader,
        writer: config.grant.writer,
        log: io.log,
      });
      io.print(`schema version ${version}, ${counted(applied.length, "migration")} applied`);
      return 0;
    } catch (error) {
      if (error instanceof OperationError) throw error;
      throw new DatabaseUnavailableError(`the database could not be migrated: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  },
};
