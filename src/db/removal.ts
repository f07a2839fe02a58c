import type pg from "pg";
import { OperationError } from "../errors.ts";
import { withClient } from "./connect.ts";
import { readDependents } from "./dependents.ts";
import { givingWay } from "./give-way.ts";
import type { Queryable } from "./pool.ts";
import { readSchema, schemaProblem } from "./schema.ts";
import { ALIVE } from "./task-sql.ts";

export interface Removal {
  /** those that were on the application's tables, as SQL writes both names */
  triggers: { name: string; table: string }[];
  /** how many of each went with the schema */
  schema: { tables: number; views: number; functions: number };
}

// Who waits in front of the screen had rather try again at a quieter time.
const GIVING_WAY = { locked: "a table of tts_monitor, tts_texts or tts_audios", attempts: 10 };

interface Trigger {
  oid: string;
  name: string;
  table: string;
  /** a partition's: it comes and goes with that of the partitioned table */
  inherited: boolean;
}

/**
 * Removes the schema `tts_monitor` and our triggers on the application's tables, in one transaction.
 * @param force even where a worker lives or a task is alive
 * @returns undefined where there is no such schema
 * @throws OperationError where it is in use or not ours, something outside was made of it, or a table is kept locked
 */
export async function removeSchema(url: string, { force }: { force: boolean }): Promise<Removal | undefined> {
  return withClient(url, "tts-monitor migrate down", (client) =>
    givingWay(client, GIVING_WAY, async () => {
      if (!(await isThere(client, "to_regnamespace('tts_monitor')"))) return undefined;
      await refuseForeign(client);
      const triggers = await readTriggers(client);
      await refuseDependents(client, triggers);
      if (!force) await refuseInUse(client);
      return await remove(client, triggers);
    }),
  );
}

async function remove(client: pg.ClientBase, triggers: readonly Trigger[]): Promise<Removal> {
  const ours = triggers.filter(({ inherited }) => !inherited);
  for (const { name, table } of ours) await client.query(`drop trigger ${name} on ${table}`);
  const schema = await countObjects(client);
  await client.query("drop schema tts_monitor cascade");
  return { triggers: ours.map(({ name, table }) => ({ name, table })), schema };
}

async function refuseForeign(db: Queryable): Promise<void> {
  if (!(await isThere(db, "to_regclass('tts_monitor.migrations')"))) {
    throw new OperationError("the schema tts_monitor is not this program's: it has no table of migrations");
  }
  const schema = await readSchema(db);
  if (schema.state === "newer") throw new OperationError(schemaProblem(schema));
}

async function refuseDependents(db: Queryable, triggers: readonly Trigger[]): Promise<void> {
  const dependents = await readDependents(
    db,
    triggers.map(({ oid }) => oid),
  );
  if (dependents.length === 0) return;
  throw new OperationError(
    `made of the schema tts_monitor, and not ours to remove: ${dependents.join(", ")}; drop what you do not need`,
  );
}

async function refuseInUse(db: Queryable): Promise<void> {
  // A first migration that failed has left the schema without tables.
  if (!(await isThere(db, "to_regclass('tts_monitor.tasks')"))) return;
  await refuseAlive(db);
  // From here on nobody registers or starts anything.
  await db.query("lock table tts_monitor.workers, tts_monitor.tasks in access exclusive mode");
  await refuseAlive(db);
}

async function refuseAlive(db: Queryable): Promise<void> {
  const { rows } = await db.query<{ workers: number; tasks: number }>(
    `select
       (select count(*)::int from tts_monitor.worker_states where state <> 'lost') as workers,
       (select count(*)::int from tts_monitor.tasks where ${ALIVE}) as tasks`,
  );
  const { workers = 0, tasks = 0 } = rows[0] ?? {};
  if (workers === 0 && tasks === 0) return;
  throw new OperationError(
    `in use (workers that live: ${workers}, tasks pending or processing: ${tasks}): stop the workers first, or add --force`,
  );
}

async function readTriggers(db: Queryable): Promise<Trigger[]> {
  const { rows } = await db.query<Trigger>(
    `select t.oid::text, quote_ident(tgname) as name, tgrelid::regclass::text as table, tgparentid <> 0 as inherited
     from pg_trigger t join pg_class c on c.oid = tgrelid join pg_proc p on p.oid = tgfoid
     where p.pronamespace = 'tts_monitor'::regnamespace and c.relnamespace <> p.pronamespace
       and tgname like 'tts\\_monitor\\_%'
     order by c.relname, tgname`,
  );
  return rows;
}

async function countObjects(db: Queryable): Promise<Removal["schema"]> {
  const { rows } = await db.query<Removal["schema"]>(
    `select count(*) filter (where relkind in ('r', 'p'))::int as tables,
       count(*) filter (where relkind in ('v', 'm'))::int as views,
       (select count(*)::int from pg_proc where pronamespace = 'tts_monitor'::regnamespace) as functions
     from pg_class where relnamespace = 'tts_monitor'::regnamespace`,
  );
  return rows[0] ?? { tables: 0, views: 0, functions: 0 };
}

/** @param lookUp an expression that is null where there is none */
async function isThere(db: Queryable, lookUp: string): Promise<boolean> {
  const { rows } = await db.query<{ present: boolean }>(`select ${lookUp} is not null as present`);
  return rows[0]?.present ?? false;
}
