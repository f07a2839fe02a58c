import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import type { ExporterProcess } from "../support/process.ts";
import { type Prometheus, sample } from "./prometheus.ts";

/** What some seconds cost. CPU is a share of one core. */
export interface Cost {
  prometheusCpu: number;
  exporterCpu: number;
  /** heartbeats a second that the database took */
  heartbeats: number;
  /** ms in the database for each, triggers with it, its commit not */
  heartbeatMs: number;
  /** bytes of WAL for each */
  heartbeatWal: number;
  /** of a core, for all heartbeats */
  heartbeatCpu: number;
}

interface Reading {
  seconds: number;
  prometheusCpu: number;
  exporterCpu: number;
  calls: number;
  ms: number;
  wal: number;
}

export interface Observed {
  pool: pg.Pool;
  exporter: ExporterProcess;
  prometheus: Prometheus | undefined;
}

const CPU = "process_cpu_seconds_total";

/** Waits, and tells what that time cost. */
export async function costOf(observed: Observed, ms: number): Promise<Cost> {
  const before = await read(observed);
  await sleep(ms);
  const after = await read(observed);
  const more = (of: (reading: Reading) => number) => of(after) - of(before);
  const seconds = more((reading) => reading.seconds);
  const calls = more((reading) => reading.calls);
  return {
    prometheusCpu: more((reading) => reading.prometheusCpu) / seconds,
    exporterCpu: more((reading) => reading.exporterCpu) / seconds,
    heartbeats: calls / seconds,
    heartbeatMs: more((reading) => reading.ms) / calls,
    heartbeatWal: more((reading) => reading.wal) / calls,
    heartbeatCpu: more((reading) => reading.ms) / 1000 / seconds,
  };
}

async function read({ pool, exporter, prometheus }: Observed): Promise<Reading> {
  const { rows } = await pool.query<Pick<Reading, "calls" | "ms" | "wal">>(
    `select coalesce(sum(calls), 0)::float8 as calls, coalesce(sum(total_exec_time), 0) as ms,
       coalesce(sum(wal_bytes), 0)::float8 as wal
     from pg_stat_statements s join pg_database d on d.oid = s.dbid
     where d.datname = current_database() and query like 'insert into tts_monitor.workers%'`,
  );
  const [heartbeats = { calls: 0, ms: 0, wal: 0 }] = rows;
  return {
    ...heartbeats,
    seconds: performance.now() / 1000,
    prometheusCpu: (await prometheus?.own(CPU)) ?? Number.NaN,
    exporterCpu: sample(await exporter.scrape(), CPU),
  };
}
