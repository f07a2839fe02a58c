import { fail, inWords, ok, question, rowOf, rowsOf } from "./check.ts";
import { resetCommand } from "./commands.ts";

const TRIGGERS: Readonly<Record<string, readonly string[]>> = {
  "tts_monitor.tasks": [
    "tasks_complete_row",
    "tasks_refuse_move",
    "tasks_refuse_delete",
    "tasks_refuse_truncate",
    "tasks_record_created",
    "tasks_record_inserted_start",
    "tasks_record_inserted_end",
    "tasks_record_started",
    "tasks_record_ended",
    "tasks_record_late",
    "tasks_record_deleted",
    "tasks_notify_recorded",
    "tasks_notify_disowned",
    "tasks_notify_watched",
  ],
  "tts_monitor.workers": ["workers_note_heartbeat"],
};

/** Do the triggers fire that hold the state machine and keep the books? */
export const triggersCheck = question("triggers", async (db) => {
  const firing = await rowOf<{ value: string; source: string; role: string; database: string }>(
    db,
    FIRING_SQL,
  );
  if (firing.value === "replica") {
    return fail(
      "none fires: session_replication_role is replica in this role's sessions",
      `${resetCommand({ name: "session_replication_role", ...firing })}, restart all, then \`tts-monitor audit --repair\``,
    );
  }
  const found = await rowsOf<{ table: string; name: string; fires: boolean }>(db, SQL, [
    Object.keys(TRIGGERS),
  ]);
  const wanted = Object.entries(TRIGGERS).flatMap(([table, names]) => names.map((name) => ({ table, name })));
  const state = (one: { table: string; name: string }) =>
    found.find(({ table, name }) => table === one.table && name === one.name)?.fires;
  const missing = wanted.filter((one) => state(one) === undefined);
  const disabled = wanted.filter((one) => state(one) === false);
  const namesOf = (some: typeof wanted) =>
    inWords(
      some.map(({ name }) => name),
      wanted.length,
    );
  const [gone] = missing;
  if (gone) {
    return fail(
      `missing: ${namesOf(missing)}`,
      `create each again as the migrations have it (\`grep -A3 'trigger ${gone.name}' migrations/*.sql\`), then ` +
        "`tts-monitor audit --repair`",
    );
  }
  const [off] = disabled;
  if (off) {
    return fail(
      `disabled: ${namesOf(disabled)}`,
      `\`alter table ${off.table} enable trigger ${off.name}\`, each, then \`tts-monitor audit --repair\``,
    );
  }
  return ok(`all ${wanted.length} fire`);
});

const FIRING_SQL = `
  select setting as value, source, current_user as role, current_database() as database
  from pg_settings where name = 'session_replication_role'`;

const SQL = `
  select tgrelid::regclass::text as "table", tgname as name, tgenabled in ('O', 'A') as fires
  from pg_trigger where tgrelid = any($1::regclass[]) and not tgisinternal`;
