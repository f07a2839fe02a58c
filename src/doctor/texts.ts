import pg from "pg";
import { fail, ok, question, rowsOf, warn } from "./check.ts";
import { roleOf } from "./commands.ts";

// What the count of texts goes by.
const COLUMNS = {
  tts_texts: ["id", "is_deleted"],
  tts_audios: ["text_id", "is_deleted", "file_size"],
};

interface Table {
  name: string;
  present: boolean;
  /** columns that are not there */
  lacking: string[];
  /** null: nobody asks */
  indexed: boolean | null;
}

/** Are the application's tables there, and fit to be counted? */
export const textsCheck = question("texts", async (db, { config, url }) => {
  if (!config.collector.texts) return ok("not counted (--no-collector.texts)");
  const tables = await rowsOf<Table>(db, SQL, [JSON.stringify(COLUMNS)]);
  const absent = tables.filter(({ present }) => !present).map(({ name }) => name);
  if (absent.length > 0) {
    return fail(
      `${absent.join(" and ")} ${absent.length > 1 ? "are" : "is"} not in this role's search_path`,
      `\`alter role ${pg.escapeIdentifier(roleOf(url))} set search_path = SCHEMA\`, or --no-collector.texts where there are no texts`,
    );
  }
  const lacking = tables.flatMap(({ name, lacking }) => lacking.map((column) => `${name}.${column}`));
  if (lacking.length > 0) {
    return fail(
      `there is no ${lacking.join(", ")}`,
      "make it, or leave texts alone with --no-collector.texts",
    );
  }
  if (tables.some(({ indexed }) => indexed === false)) {
    return warn(
      "tts_audios has no index on text_id: lists, and counts where the tables carry no triggers, read it whole",
      "`create index concurrently on tts_audios (text_id)`",
    );
  }
  return ok("tts_texts and tts_audios are there, with an index on text_id");
});

const SQL = `
  select
    name,
    to_regclass(name) is not null as present,
    array(
      select c from json_array_elements_text(columns) c
      where c not in (select attname from pg_attribute where attrelid = to_regclass(name) and not attisdropped)
    ) as lacking,
    case name when 'tts_audios' then exists (
      select from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
      where i.indrelid = to_regclass(name) and i.indisvalid and a.attname = 'text_id'
    ) end as indexed
  from json_each($1) tables (name, columns) order by name desc`;
