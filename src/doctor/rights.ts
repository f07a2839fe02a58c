import { fail, inWords, ok, question, rowOf } from "./check.ts";
import { grantCommand } from "./commands.ts";

// What count, lists and retries read of the application's tables.
const COLUMNS = {
  tts_texts: ["id", "is_deleted", "content"],
  tts_audios: ["id", "text_id", "is_deleted", "file_size", "filename", "audio_url"],
};

/** May this role read what a scrape reads, and write what jobs and the API write? */
export const rightsCheck = question("rights", async (db, { config }) => {
  const columns = config.collector.texts ? COLUMNS : {};
  const { role, lacking } = await rowOf<{ role: string; lacking: string[] }>(db, SQL, [
    JSON.stringify(columns),
  ]);
  if (lacking.length === 0) return ok(`role ${role} may read and write all that serve does`);
  return fail(`role ${role} may not ${inWords(lacking)}`, grantCommand(role));
});

// What src/db/grants.ts grants a writer.
const SQL = `
  with relations as (
    select oid, relkind, relname, oid::regclass::text as name from pg_class
    where relnamespace = 'tts_monitor'::regnamespace and relkind in ('r', 'v')
  )
  select current_user as role, array(
    select privilege || ' ' || name
    from relations cross join unnest(array['select', 'insert', 'update', 'delete']) privilege
    where (privilege = 'select' or (relkind = 'r' and relname <> 'migrations'))
      and not has_table_privilege(oid, privilege)
    union all
    select 'use ' || oid::regclass from pg_class c
    where relnamespace = 'tts_monitor'::regnamespace
      -- In a case, because of a table this function makes an error.
      and case relkind when 'S' then not has_sequence_privilege(oid, 'usage') end
      -- What an identity column counts by is used with the table's right.
      and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'i')
    union all
    select 'select ' || name || '.' || attname
    from json_each($1) tables (name, columns) cross join json_array_elements_text(columns) c
    join pg_attribute on attrelid = to_regclass(name) and attname = c and not attisdropped
    where not has_column_privilege(attrelid, attnum, 'select')
    order by 1
  ) as lacking`;
