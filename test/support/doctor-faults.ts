import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { SCHEMA_VERSION } from "../../src/db/schema.ts";

function file(folder: string, name: string, text: string, mode = 0o600): string {
  writeFileSync(join(folder, name), text, { mode });
  return join(folder, name);
}

export interface Fault {
  /** what is broken */
  is: string;
  /** what breaks it, as SQL */
  sql?: string;
  /** the same, with the triggers kept from firing */
  bypassing?: string;
  flags?: string[];
  line: [level: "ok" | "warn" | "fail", name: string, found: RegExp];
  hint: RegExp;
  /** what else is not ok for it */
  besides?: string[];
  /** the hint's commands mend it */
  mends?: true;
}

/** Every way to be broken that SQL or a flag can make. @param folder for the files that flags name */
export const faultsIn = (folder: string): Fault[] => [
  {
    is: "a retention below the dedup window",
    flags: ["--retention.tasks=1h"],
    line: ["warn", "settings", /^tasks are removed after 1h, before the dedup window of 1d is over$/],
    hint: /^--retention.tasks 1d or longer/,
  },
  {
    is: "a web configuration with an unknown key",
    flags: [`--web.config.file=${file(folder, "bad.yml", "tls: {}")}`],
    line: ["fail", "web config", /^--web.config.file: there is no key tls$/],
    hint: /^mend \S+bad.yml: `tts-monitor serve` does not start like this$/,
  },
  {
    is: "a web configuration that every user may read",
    flags: [`--web.config.file=${file(folder, "open.yml", "{}", 0o644)}`],
    line: ["warn", "web config", /open.yml: every user of this machine can read this file$/],
    hint: /^`chmod o-r \S+open.yml`$/,
  },
  {
    is: "a file of tokens that is not there",
    flags: [`--api.token-file=${join(folder, "none")}`],
    line: ["fail", "api tokens", /^--api.token-file: the file cannot be read: there is no such file$/],
    hint: /none: `tts-monitor serve` does not start/,
  },
  {
    is: "a short token",
    flags: [`--api.token-file=${file(folder, "tokens", "deploy 12345")}`],
    line: ["warn", "api tokens", /^deploy: a token has less than 32 characters/],
    hint: /`openssl rand -hex 24`/,
  },
  {
    is: "a database whose transactions are read-only",
    sql: "do $$ begin execute format('alter database %I set default_transaction_read_only = on', current_database()); end $$",
    line: ["fail", "database", /: its transactions are read-only$/],
    hint: /^`set default_transaction_read_only = off`, then `alter database "test_\w+" reset default_transaction_read_only`$/,
    besides: ["warn not run"],
    mends: true,
  },
  {
    is: "texts without an index on their audios",
    sql: "drop index tts_audios_text_id_idx",
    line: ["warn", "texts", /^tts_audios has no index on text_id/],
    hint: /^`create index concurrently on tts_audios \(text_id\)`$/,
    mends: true,
  },
  {
    is: "a table of texts that is not there",
    sql: "drop table tts_audios",
    line: ["fail", "texts", /^tts_audios is not in this role's search_path$/],
    hint: /^`alter role "postgres" set search_path = SCHEMA`, or --no-collector.texts/,
  },
  {
    is: "a column that is not there",
    sql: "alter table tts_audios rename file_size to bytes",
    line: ["fail", "texts", /^there is no tts_audios.file_size$/],
    hint: /--no-collector.texts/,
    besides: ["fail ledger of texts"],
  },
  {
    is: "texts that nobody wants counted, and that are not there",
    sql: "drop table tts_audios, tts_texts",
    flags: ["--no-collector.texts"],
    line: ["ok", "texts", /^not counted/],
    hint: /^$/,
  },
  {
    is: "a table left out of autovacuum",
    sql: "alter table tts_monitor.tasks set (autovacuum_enabled = off)",
    line: ["warn", "autovacuum", /^off for tts_monitor.tasks$/],
    hint: /^`alter table tts_monitor.tasks reset \(autovacuum_enabled\)`$/,
    mends: true,
  },
  {
    is: "no schema",
    sql: "drop schema tts_monitor cascade",
    line: ["fail", "schema", /^the database has no schema tts_monitor$/],
    hint: /^run `tts-monitor migrate`$/,
    besides: ["warn not run"],
    mends: true,
  },
  {
    is: "an older schema",
    sql: "delete from tts_monitor.migrations where id > 3",
    line: ["fail", "schema", RegExp(`^the schema is version 3, this program needs ${SCHEMA_VERSION}$`)],
    hint: /^run `tts-monitor migrate`$/,
    besides: ["warn not run"],
  },
  {
    is: "a newer schema",
    sql: "insert into tts_monitor.migrations (name, run_on) values ('9000_future', now())",
    line: ["fail", "schema", /^the schema is version 9000, newer than this program knows/],
    hint: /^upgrade it$/,
    besides: ["warn not run"],
  },
  {
    is: "triggers that are disabled",
    sql: "alter table tts_monitor.tasks disable trigger tasks_refuse_move; alter table tts_monitor.workers disable trigger user",
    line: ["fail", "triggers", /^disabled: tasks_refuse_move, workers_note_heartbeat$/],
    hint: /^`alter table tts_monitor.tasks enable trigger tasks_refuse_move`, each, then `tts-monitor audit --repair`$/,
  },
  {
    is: "a trigger that is gone",
    sql: "drop trigger tasks_record_late on tts_monitor.tasks",
    line: ["fail", "triggers", /^missing: tasks_record_late$/],
    hint: /`grep -A3 'trigger tasks_record_late' migrations\/\*.sql`/,
  },
  {
    is: "sessions in which no trigger fires",
    sql: "do $$ begin execute format('alter database %I set session_replication_role = replica', current_database()); end $$",
    line: ["fail", "triggers", /^none fires: session_replication_role is replica/],
    hint: /^`alter database "test_\w+" reset session_replication_role`, restart all, then `tts-monitor audit --repair`$/,
    mends: true,
  },
  {
    is: "texts without triggers",
    sql: "drop trigger tts_monitor_insert on tts_texts; drop trigger tts_monitor_insert on tts_audios;\
      drop trigger tts_monitor_delete on tts_texts; drop trigger tts_monitor_delete on tts_audios;\
      drop trigger tts_monitor_update on tts_texts; drop trigger tts_monitor_update on tts_audios;\
      drop trigger tts_monitor_truncate on tts_texts; drop trigger tts_monitor_truncate on tts_audios",
    line: ["warn", "text triggers", /^none: texts are counted directly/],
    hint: /^`tts-monitor migrate --track-app-tables`/,
    mends: true,
  },
  {
    is: "a text trigger that is disabled",
    sql: "alter table tts_audios disable trigger tts_monitor_update",
    line: ["fail", "text triggers", /^7 of 8 fire on tts_texts and tts_audios/],
    hint: /^`tts-monitor migrate --track-app-tables`/,
  },
  {
    is: "tasks that came past their triggers",
    bypassing: "insert into tts_monitor.tasks (text_id) values (8), (9)",
    line: ["fail", "ledger of tasks", /^disagrees with the rows by -2: pending 0, rows 2$/],
    hint: /`tts-monitor audit --repair`/,
    mends: true,
  },
  {
    is: "texts that came past their triggers",
    bypassing: "update tts_texts set is_deleted = 1 where id = 1",
    line: ["fail", "ledger of texts", /^disagrees with the rows by 1: texts 3, rows 2; completed 1, rows 0$/],
    hint: /`tts-monitor audit --repair`/,
    mends: true,
  },
  {
    is: "a worker that is lost",
    sql: "insert into tts_monitor.workers (worker, heartbeat_at, heartbeat_timeout)\
      values ('w-lost', now() - interval '1 hour', interval '1 millisecond');\
      update tts_monitor.reachability set since = '-infinity', answered_at = now() + interval '1 hour'",
    line: ["warn", "workers", /^lost: w-lost \(silent for 360\d s\)$/],
    hint: /`tts-monitor prune --retention.workers 0s`/,
    mends: true,
  },
  {
    is: "a task that nobody ends",
    sql: "insert into tts_monitor.tasks (text_id, status, deadline_at) values (5, 'processing', now() - interval '1 hour')",
    line: ["warn", "tasks", /^overdue, and nobody ends them: text 5 \(for 360\d s\)$/],
    hint: /docs\/runbooks\/TTSTaskStuck.md/,
  },
  {
    is: "a task that nobody takes",
    sql: "insert into tts_monitor.tasks (text_id, created_at) values (5, now() - interval '1 hour')",
    line: ["warn", "tasks", /^pending for too long: 1, such as text 5 \(for 270\d s\)$/],
    hint: /docs\/runbooks\/TTSTaskNeverClaimed.md/,
  },
  {
    is: "a global limit that is reached",
    sql: "update tts_monitor.settings set concurrency_global = 1;\
      insert into tts_monitor.tasks (text_id, status) values (5, 'processing')",
    line: ["warn", "global limit", /^1 of 1 tasks in processing: no other starts$/],
    hint: /^`tts-monitor limit --concurrency.global 2` raises it/,
    mends: true,
  },
];
