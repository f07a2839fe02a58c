import { APP_TABLE_TRIGGERS } from "../db/app-tables.ts";
import { fail, ok, question, rowOf, warn } from "./check.ts";

const WANTED = 2 * APP_TABLE_TRIGGERS.length;
const HINT =
  "`tts-monitor migrate --track-app-tables`, which keeps writers of these tables waiting for a moment";

/** Are the texts' totals kept, or counted each time? */
export const textTriggersCheck = question("text triggers", async (db, { config }) => {
  const { tables, there, firing } = await rowOf<{ tables: number; there: number; firing: number }>(db, SQL, [
    APP_TABLE_TRIGGERS,
  ]);
  if (tables < 2) return ok("not needed: there are no tts_texts and tts_audios");
  if (firing === WANTED) return ok("texts and audios keep the texts' totals");
  if (there === 0) {
    const found = "none: texts are counted directly, which costs more the more there are";
    return config.collector.texts ? warn(found, HINT) : ok("none, and texts are not counted");
  }
  return fail(
    `${firing} of ${WANTED} fire on tts_texts and tts_audios: the texts' totals go wrong`,
    `${HINT}, and counts anew; or \`tts-monitor migrate --untrack-app-tables\``,
  );
});

const SQL = `
  select
    (to_regclass('tts_texts') is not null)::integer + (to_regclass('tts_audios') is not null)::integer as tables,
    count(*)::integer as there,
    (count(*) filter (where tgenabled in ('O', 'A')))::integer as firing
  from pg_trigger
  where tgrelid in (to_regclass('tts_texts'), to_regclass('tts_audios'))
    and tgname = any($1)`;
