import { ok, question, rowOf, warn } from "./check.ts";

interface Reading {
  running: boolean;
  /** our tables that are left out of it */
  exempt: string[];
}

/** Is the space of rows that are gone used again? */
export const autovacuumCheck = question("autovacuum", async (db) => {
  const { running, exempt } = await rowOf<Reading>(db, SQL);
  if (!running) {
    return warn(
      "off: the tables of tasks and deltas grow without end",
      "set autovacuum and track_counts: `alter system set autovacuum = on`, then `select pg_reload_conf()`",
    );
  }
  const [first] = exempt;
  if (!first) return ok("on");
  return warn(`off for ${exempt.join(", ")}`, `\`alter table ${first} reset (autovacuum_enabled)\``);
});

const SQL = `
  select
    current_setting('autovacuum')::boolean and current_setting('track_counts')::boolean as running,
    array(
      select c.oid::regclass::text from pg_class c cross join pg_options_to_table(c.reloptions) o
      where c.relnamespace = to_regnamespace('tts_monitor') and o.option_name = 'autovacuum_enabled'
        and not o.option_value::boolean
      order by 1
    ) as exempt`;
