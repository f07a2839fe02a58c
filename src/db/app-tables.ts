import type pg from "pg";
import { APP_TABLES, appTableMissing } from "../domain/app-tables.ts";
import { OperationError } from "../errors.ts";
import { foldLock } from "./fold-lock.ts";
import { givingWay } from "./give-way.ts";

// For each table: what of ours records its rows, and which updates matter.
const TABLES = {
  tts_texts: {
    rows: "record_texts()",
    update: "record_text_update()",
    changed: "old.id <> new.id or old.is_deleted is distinct from new.is_deleted",
    truncation: "record_truncation('texts')",
  },
  tts_audios: {
    rows: "record_audios()",
    update: "record_audio_update()",
    changed: `old.text_id is distinct from new.text_id or old.is_deleted is distinct from new.is_deleted
      or old.file_size is distinct from new.file_size`,
    truncation: "record_truncation('audios')",
  },
};
type AppTable = keyof typeof TABLES;

/** Those that each of the two tables carries while its texts' totals are kept. */
export const APP_TABLE_TRIGGERS = ["insert", "delete", "update", "truncate"].map(
  (event) => `tts_monitor_${event}`,
);

const drop = (table: AppTable) =>
  APP_TABLE_TRIGGERS.map((name) => `drop trigger if exists ${name} on ${table};`).join("\n");

function install(table: AppTable): string {
  const { rows, update, changed, truncation } = TABLES[table];
  return `
  lock table ${table} in share row exclusive mode;
  ${drop(table)}
  create trigger tts_monitor_insert after insert on ${table} referencing new table as changed_rows
    for each statement execute function tts_monitor.${rows};
  create trigger tts_monitor_delete after delete on ${table} referencing old table as changed_rows
    for each statement execute function tts_monitor.${rows};
  create trigger tts_monitor_update after update on ${table} for each row
    when (${changed}) execute function tts_monitor.${update};
  create trigger tts_monitor_truncate after truncate on ${table}
    for each statement execute function tts_monitor.${truncation};`;
}

// Not by truncate: a scrape whose snapshot is older would find the tables empty, but the totals not yet.
const CLEAR = `
  delete from tts_monitor.text_deltas;
  delete from tts_monitor.text_states;
  update tts_monitor.text_totals set texts = 0, completed = 0;
`;

const COUNT = `
  insert into tts_monitor.text_states (text_id, alive, valid_audios)
  select text_id, coalesce(t.alive, 0), coalesce(a.valid_audios, 0)
  from (select id as text_id, tts_monitor.is_alive(is_deleted) as alive from tts_texts) t
  full join (
    select text_id, count(*) as valid_audios from tts_audios
    where text_id is not null and tts_monitor.is_valid_audio(is_deleted, file_size) = 1 group by text_id
  ) a using (text_id);
  update tts_monitor.text_totals set (texts, completed) = (
    select coalesce(sum(alive), 0), coalesce(sum(tts_monitor.is_completed(alive, valid_audios)), 0)
    from tts_monitor.text_states
  );
`;

/**
 * Installs the triggers that keep the texts' totals, and counts the rows that are there. Each table is locked
 * against writers while its triggers are installed, tts_audios until all is counted. Running it again counts anew
 * and locks nothing.
 * @throws OperationError when the application's tables are not there, or kept locked for half a minute
 */
export async function trackAppTables(client: pg.ClientBase): Promise<void> {
  await requireAppTables(client);
  await withoutFolds(client, async () => {
    // Table after table: whoever holds one and waits for the other can deadlock with nobody here.
    if (!(await hasTriggers(client, "tts_texts"))) await runGivingWay(client, install("tts_texts"));
    const installed = await hasTriggers(client, "tts_audios");
    // One snapshot, taken after the locks: the deltas that it sees are part of the count and go, and those of
    // later commits stay. The triggers of tts_audios come with the count: the exporter trusts the totals from then on.
    await runGivingWay(
      client,
      `set transaction isolation level repeatable read;
       lock table tts_texts, tts_audios in access share mode;
       ${installed ? "" : install("tts_audios")}
       ${CLEAR}
       ${COUNT}`,
    );
  });
}

/** Takes the triggers away again and forgets the totals; the exporter then counts directly. */
export async function untrackAppTables(client: pg.ClientBase): Promise<void> {
  await requireAppTables(client);
  await withoutFolds(client, async () => {
    await runGivingWay(client, drop("tts_audios"));
    await runGivingWay(client, drop("tts_texts"));
    await runGivingWay(client, CLEAR);
  });
}

async function hasTriggers(client: pg.ClientBase, table: AppTable): Promise<boolean> {
  const { rowCount } = await client.query(
    "select from pg_trigger where tgrelid = to_regclass($1) and tgname = any($2) and tgenabled <> 'D'",
    [table, APP_TABLE_TRIGGERS],
  );
  return rowCount === APP_TABLE_TRIGGERS.length;
}

/** Runs the work while nobody folds texts: folds skip their turn (src/db/ledger.ts). */
async function withoutFolds(client: pg.ClientBase, work: () => Promise<void>): Promise<void> {
  await client.query(`select pg_advisory_lock(${foldLock("text")})`);
  try {
    await work();
  } finally {
    await client.query(`select pg_advisory_unlock(${foldLock("text")})`);
  }
}

async function requireAppTables(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    "select name from unnest($1::text[]) name where to_regclass(name) is null",
    [APP_TABLES],
  );
  const [missing] = rows;
  if (missing) throw new OperationError(appTableMissing(missing.name));
}

const GIVING_WAY = { locked: "tts_texts or tts_audios", attempts: 60 };

async function runGivingWay(client: pg.ClientBase, sql: string): Promise<void> {
  await givingWay(client, GIVING_WAY, () => client.query(sql));
}
