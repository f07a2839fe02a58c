import { byLabel, type Collector, type Family, value } from "./collector.ts";

const LIMIT: Family = {
  name: "tts_db_concurrency_limit",
  help: "Tasks that may be in processing: the sum of live workers' limits, and the global limit where one is set.",
  type: "gauge",
  labels: ["scope"],
};
const IN_USE: Family = { name: "tts_db_concurrency_in_use", help: "Tasks in processing.", type: "gauge" };

export interface ConcurrencyReading {
  workers: number;
  /** null: no limit */
  global: number | null;
  inUse: number;
}

/** How many tasks may run, and how many do? Counted from rows, as the limit itself is enforced. */
export const concurrencyCollector: Collector<ConcurrencyReading> = {
  name: "concurrency",
  families: [LIMIT, IN_USE],
  async read(db) {
    const { rows } = await db.query<ConcurrencyReading>(
      `select
         (select coalesce(sum(concurrency_limit), 0)::integer from tts_monitor.worker_states
          where state = 'live') as workers,
         (select concurrency_global from tts_monitor.settings) as global,
         (select count(*)::integer from tts_monitor.tasks where status = 'processing') as "inUse"`,
    );
    return rows[0] ?? { workers: 0, global: null, inUse: 0 };
  },
  measure({ workers, global, inUse }) {
    return [
      byLabel(LIMIT, "scope", global === null ? { workers } : { workers, global }),
      value(IN_USE, inUse),
    ];
  },
};
