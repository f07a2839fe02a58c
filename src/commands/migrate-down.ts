import { type Removal, removeSchema } from "../db/removal.ts";
import { counted } from "../domain/counted.ts";
import type { Command } from "./command.ts";
import { inOneLine } from "./with-database.ts";

export const migrateDownCommand: Command<"migrate down"> = {
  name: "migrate down",
  summary:
    "removes the schema tts_monitor with all that is in it, and the triggers on the application's tables",
  async run({ database, force }, { print }) {
    let removal: Removal | undefined;
    try {
      removal = await removeSchema(database.url, { force });
    } catch (error) {
      throw inOneLine(error);
    }
    if (!removal) print("nothing to remove: there is no schema tts_monitor");
    else for (const line of told(removal)) print(line);
    return 0;
  },
};

function told({ triggers, schema: { tables, views, functions } }: Removal): string[] {
  const gone = [counted(tables, "table"), counted(views, "view"), counted(functions, "function")];
  return [
    ...triggers.map(({ name, table }) => `removed the trigger ${name} on ${table}`),
    `removed the schema tts_monitor: ${gone.join(", ")}`,
  ];
}
