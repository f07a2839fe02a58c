import type { Queryable } from "./pool.ts";

export interface SharedSettings {
  /** null: no limit */
  concurrencyGlobal: number | null;
  /** ms */
  sloLatency: number;
}

/** Writes what every process must agree on; the triggers and the start of tasks go by it from then on. */
export async function writeSharedSettings(db: Queryable, settings: SharedSettings): Promise<void> {
  await db.query(
    `update tts_monitor.settings
     set concurrency_global = $1, slo_latency = $2 * interval '1 millisecond'
     where (concurrency_global, slo_latency) is distinct from ($1, $2 * interval '1 millisecond')`,
    [settings.concurrencyGlobal, settings.sloLatency],
  );
}

/** Sets the global limit, or removes it (null), for every start from now on; the other settings stay. */
export async function writeConcurrencyLimit(db: Queryable, limit: number | null): Promise<void> {
  await db.query("update tts_monitor.settings set concurrency_global = $1", [limit]);
}

/** What tells this database from every other one, whatever its address. */
export async function readInstallation(db: Queryable): Promise<string> {
  const { rows } = await db.query<{ installation: string }>("select installation from tts_monitor.settings");
  const [row] = rows;
  if (!row) throw new Error("tts_monitor.settings has no row");
  return row.installation;
}
