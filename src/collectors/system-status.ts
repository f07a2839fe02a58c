import { counted } from "../domain/counted.ts";
import { recordOf } from "../domain/record-of.ts";
import type { Collector, Reader } from "./collector.ts";
import { type MonitorStats, readActive, readSources, statsOf } from "./stats.ts";
import { CAUSES, type Cause, stuckCollector } from "./stuck.ts";
import type { TextsReading } from "./texts.ts";
import { STATES, type WorkerState, workersCollector } from "./workers.ts";

/** What an operator asks first. Ages in seconds, times in seconds since the epoch. */
interface SystemHealth {
  status: "healthy" | "degraded";
  /** why it is degraded, one line each */
  problems: string[];
  workers: Record<WorkerState, number>;
  pending_tasks: number;
  processing_tasks: number;
  oldest_pending_age: number;
  oldest_processing_age: number;
  stuck_tasks: Record<Cause, number>;
  /** null: texts are not counted at all */
  texts_tracked: boolean | null;
  texts_counted_at: number | null;
}

export interface SystemStatus {
  monitor_stats: MonitorStats;
  active_tasks: MonitorStats["active_list"];
  system_health: SystemHealth;
}

/**
 * Reads it with the collectors of the metrics, like the statistics.
 * @param db a connection inside a snapshot
 * @param texts undefined where texts are not counted
 * @param pendingTimeout ms after which a pending task counts as never claimed
 * @param takenAt the snapshot's time, seconds since the epoch
 */
export async function readSystemStatus(
  db: Reader,
  { texts, pendingTimeout }: { texts: Collector<TextsReading> | undefined; pendingTimeout: number },
  takenAt: number,
): Promise<SystemStatus> {
  const sources = await readSources(db, texts);
  const stats = statsOf(sources, await readActive(db), takenAt);
  const { rows } = sources.books;
  const stuck = await stuckCollector(pendingTimeout).read(db);
  const workers = await workersCollector.read(db);
  const { oldestPending, oldestProcessing } = sources.concurrency;
  const byState = recordOf(STATES, (state) => workers.filter((worker) => worker.state === state).length);
  const byCause = recordOf(CAUSES, (cause) => stuck.byCause[cause].count);
  const problems = problemsOf(byState, byCause, rows.pending);
  return {
    monitor_stats: stats,
    active_tasks: stats.active_list,
    system_health: {
      status: problems.length === 0 ? "healthy" : "degraded",
      problems,
      workers: byState,
      pending_tasks: rows.pending,
      processing_tasks: rows.processing,
      oldest_pending_age: oldestPending,
      oldest_processing_age: oldestProcessing,
      stuck_tasks: byCause,
      texts_tracked: sources.texts?.tracked ?? null,
      texts_counted_at: sources.texts?.countedAt ?? null,
    },
  };
}

function problemsOf(
  workers: SystemHealth["workers"],
  stuck: SystemHealth["stuck_tasks"],
  pending: number,
): string[] {
  const problems = CAUSES.filter((cause) => stuck[cause] > 0).map(
    (cause) => `stuck tasks (${cause}): ${stuck[cause]}`,
  );
  if (workers.lost > 0) problems.unshift(`lost workers: ${workers.lost}`);
  if (workers.live === 0 && pending > 0)
    problems.unshift(`no live worker for ${counted(pending, "pending task")}`);
  return problems;
}
