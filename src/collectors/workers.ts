import { recordOf } from "../domain/record-of.ts";
import { byLabel, type Collector, type Family } from "./collector.ts";

export const STATES = ["live", "draining", "lost"] as const;
export type WorkerState = (typeof STATES)[number];

const WORKERS: Family = {
  name: "tts_db_workers",
  help: "Workers by state: live, draining (said goodbye, finishing), lost (neither).",
  type: "gauge",
  labels: ["state"],
};
const HEARTBEAT_AGE: Family = {
  name: "tts_db_worker_heartbeat_age_seconds",
  help: "Time since the worker's last heartbeat.",
  type: "gauge",
  labels: ["worker"],
};

interface WorkerReading {
  worker: string;
  state: WorkerState;
  heartbeatAge: number;
}

/** Who is there, and when was each heard from? */
export const workersCollector: Collector<WorkerReading[]> = {
  name: "workers",
  families: [WORKERS, HEARTBEAT_AGE],
  async read(db) {
    const { rows } = await db.query<WorkerReading>(
      `select worker, state, greatest(0, extract(epoch from heartbeat_age))::float8 as "heartbeatAge"
       from tts_monitor.worker_states order by worker`,
    );
    return rows;
  },
  measure(workers) {
    const count = (state: WorkerState) => workers.filter((worker) => worker.state === state).length;
    return [
      byLabel(WORKERS, "state", recordOf(STATES, count)),
      byLabel(
        HEARTBEAT_AGE,
        "worker",
        Object.fromEntries(workers.map(({ worker, heartbeatAge }) => [worker, heartbeatAge])),
      ),
    ];
  },
};
