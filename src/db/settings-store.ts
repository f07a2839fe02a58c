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
