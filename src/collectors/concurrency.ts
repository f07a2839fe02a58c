import { byLabel, type Collector, type Family, value } from "./collector.ts";

const LIMIT: Family = {
  name: "tts_db_concurrency_limit",
  help: "Tasks that may be in processing: the sum of live workers' limits, and the global limit where one is set.",
  type: "gauge",
  labels: ["scope"],
};
const IN_USE: Family = { name: "tts_db_concurrency_in_use", help: "Tasks in processing.", type: "gauge" };
const OLDEST_PENDING: Family = {
  name: "tts_db_oldest_pending_age_seconds",
  help: "Age of the oldest pending task; 0 when there is none.",
  type: "gauge",
};
const OLDEST_PROCESSING: Family = {
  name: "tts_db_oldest_processing_age_seconds",
  help: "Time since the start of the oldest task in processing; 0 when there is none.",
  type: "gauge",
};

export interface ConcurrencyReading {
  workers: number;
  /** null: no limit */
  global: number | null;
  inUse: number;
  /** seconds since the oldest pending task was recorded; 0 where there is none */
  oldestPending: number;
  /** seconds since the oldest task in processing started; 0 where there is none */
  oldestProcessing: number;
}

/**
 * How many tasks may run, how many do, and since when do the oldest wait and run? Counted from rows, as the limit itself
 * is enforced.
 */
export const concurrencyCollector: Collector<ConcurrencyReading> = {
  name: "concurrency",
  families: [LIMIT, IN_USE, OLDEST_PENDING, OLDEST_PROCESSING],
  async read(db) {
    const { rows } = await db.query<ConcurrencyReading>(CONCURRENCY_SQL);
    return rows[0] ?? { workers: 0, global: null, inUse: 0, oldestPending: 0, oldestProcessing: 0 };
  },
  measure({ workers, global, inUse, oldestPending, oldestProcessing }) {
    return [
      byLabel(LIMIT, "scope", global === null ? { workers } : { workers, global }),
      value(IN_USE, inUse),
      value(OLDEST_PENDING, oldestPending),
      value(OLDEST_PROCESSING, oldestProcessing),
    ];
  },
};

const age = (since: string) =>
  `coalesce(greatest(0, extract(epoch from clock_timestamp() - ${since})), 0)::float8`;

// What is in processing is looked up once: each such row is a page of its own where there are millions of others.
const CONCURRENCY_SQL = `
  select
    (select coalesce(sum(concurrency_limit), 0)::integer from tts_monitor.worker_states
     where state = 'live') as workers,
    (select concurrency_global from tts_monitor.settings) as global,
    n as "inUse",
    ${age("(select min(created_at) from tts_monitor.tasks where status = 'pending')")} as "oldestPending",
    ${age("oldest")} as "oldestProcessing"
  from (
    select count(*)::integer as n, min(started_at) as oldest from tts_monitor.tasks where status = 'processing'
  ) processing`;
