import type { BackupTable } from "../domain/backup.ts";
import { OperationError } from "../errors.ts";
import type { Queryable } from "./pool.ts";
import { readSchema, SCHEMA_VERSION } from "./schema.ts";

/**
 * What of the schema is in a backup, each as the query of its rows.
 *
 * - `settings`: the global limit and the latency objective. Not `installation`: the other database is another one, and
 *   what workers have spooled for this one must not be written to it.
 * - `task_totals`: the ledger, totals and deltas together, as a fold would leave it.
 * - `workers`, `tasks`, `followers`: all rows.
 * - `sequences`: the highest number given, so that none is given twice, though its row was pruned.
 *
 * Left out: `text_states`, `text_totals` and `text_deltas` depend on the application's own tables, and are counted anew
 * by `migrate --track-app-tables`; `reachability` says since when this database has been answering; `watches` are
 * renewed by who shows a task; `migrations` are the header's schema version.
 */
export const ROWS_OF: Record<BackupTable, string> = {
  settings: "select concurrency_global, slo_latency from tts_monitor.settings",
  task_totals: `select event, label, bucket, n, micros from tts_monitor.task_ledger
    order by event collate "C", label collate "C", bucket`,
  workers: `select * from tts_monitor.workers order by worker collate "C"`,
  tasks: "select * from tts_monitor.tasks order by id",
  followers: "select * from tts_monitor.followers order by text_id, task_id",
  // Ids may also have been given by hand, past the sequence.
  sequences: `select name, greatest(pg_sequence_last_value(('tts_monitor.' || name)::regclass), in_use, 0) as last
    from (values
      ('incarnations', (select max(incarnation) from tts_monitor.workers)),
      ('tasks_id_seq', (select max(id) from tts_monitor.tasks))
    ) sequences (name, in_use)`,
};

const inserted = (table: BackupTable) =>
  `insert into tts_monitor.${table} overriding system value
   select restored.* from unnest($1::json[]) as line (row)
   cross join lateral json_populate_record(null::tts_monitor.${table}, line.row) as restored`;

/** The statements that restore rows, of `$1`, an array of them as `row_to_json` has made them. */
export const RESTORE: Record<BackupTable, string> = {
  settings: `update tts_monitor.settings s
    set concurrency_global = restored.concurrency_global, slo_latency = restored.slo_latency
    from unnest($1::json[]) as line (row)
    cross join lateral json_populate_record(null::tts_monitor.settings, line.row) as restored`,
  task_totals: inserted("task_totals"),
  workers: inserted("workers"),
  tasks: inserted("tasks"),
  followers: inserted("followers"),
  sequences: `select setval(sequence, greatest(last, pg_sequence_last_value(sequence)))
    from unnest($1::json[]) as line (row)
    cross join lateral json_to_record(line.row) as restored (name text, last bigint)
    cross join lateral (values (('tts_monitor.' || name)::regclass)) known (sequence)
    where last > 0 and name in ('incarnations', 'tasks_id_seq')`,
};

// The other end of a pipe may be slow, or wait for a person; but a snapshot and locks are not held for ever.
const PATIENCE = "10min";

/**
 * Makes the transaction's session speak the same form whatever the server's, the database's and the role's defaults
 * are: times in UTC and intervals in PostgreSQL's own style, so that equal rows are equal text.
 */
export async function prepareSession(db: Queryable): Promise<void> {
  await db.query(
    `set local timezone = 'UTC'; set local intervalstyle = 'postgres';
     set local idle_in_transaction_session_timeout = '${PATIENCE}'`,
  );
}

/**
 * Also of a newer schema that this program can work with, it does not know all tables.
 * @throws OperationError where the schema is not the one that these lists are of
 */
export async function requireOwnSchema(db: Queryable): Promise<void> {
  const { version } = await readSchema(db);
  if (version === SCHEMA_VERSION) return;
  throw new OperationError(
    `the schema is version ${version}, and this program exports and imports ${SCHEMA_VERSION} only`,
  );
}
