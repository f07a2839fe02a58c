import type { Status } from "../domain/task.ts";
import { idForJson } from "../domain/task-status.ts";
import type { Collector, Reader } from "./collector.ts";
import { type ConcurrencyReading, concurrencyCollector } from "./concurrency.ts";
import type { LedgerReading } from "./ledger-reading.ts";
import { tasksCollector } from "./tasks.ts";
import type { TextsReading } from "./texts.ts";

/** The old monitor's statistics. Times in seconds, `success_rate` in percent; both rounded to one decimal. */
export interface MonitorStats {
  active_tasks: number;
  max_concurrent: number;
  total_tasks: number;
  success_rate: number;
  avg_duration: number;
  tasks_started: number;
  tasks_completed: number;
  tasks_failed: number;
  active_list: { text_id: number | string; status: Status; start_time: number; duration: number }[];
  timestamp: number;
}

const LONGEST_LIST = 1000;

/**
 * Reads them with the collectors of the metrics, so that API and metrics cannot disagree.
 * @param db a connection inside a snapshot
 * @param texts undefined where texts are not counted at all: their numbers are 0 then
 * @param takenAt the snapshot's time, seconds since the epoch
 */
export async function readStats(
  db: Reader,
  texts: Collector<TextsReading> | undefined,
  takenAt: number,
): Promise<MonitorStats> {
  return statsOf(await readSources(db, texts), await readActive(db), takenAt);
}

/** What the statistics are made of; `texts` is undefined where texts are not counted. */
export interface StatsSources {
  books: LedgerReading;
  texts: TextsReading | undefined;
  concurrency: ConcurrencyReading;
}

/** @param db a connection inside a snapshot */
export async function readSources(
  db: Reader,
  texts: Collector<TextsReading> | undefined,
): Promise<StatsSources> {
  return {
    books: await tasksCollector.read(db),
    texts: await texts?.read(db),
    concurrency: await concurrencyCollector.read(db),
  };
}

/** @param takenAt the snapshot's time, seconds since the epoch */
export function statsOf(
  { books, texts, concurrency }: StatsSources,
  active: MonitorStats["active_list"],
  takenAt: number,
): MonitorStats {
  const counted = texts ?? { texts: 0, completed: 0 };
  const { completed } = books.finished;
  return {
    active_tasks: books.rows.processing,
    max_concurrent: concurrency.global ?? concurrency.workers,
    total_tasks: counted.texts,
    success_rate: counted.texts === 0 ? 0 : oneDecimal((counted.completed / counted.texts) * 100),
    avg_duration: completed === 0 ? 0 : oneDecimal(books.durations.completed.sum / completed),
    tasks_started: books.started,
    tasks_completed: counted.completed,
    tasks_failed: books.finished.failed + books.finished.timeout,
    active_list: active,
    timestamp: takenAt,
  };
}

/** The tasks in processing, the oldest first. @param db a connection inside a snapshot */
export async function readActive(db: Reader): Promise<MonitorStats["active_list"]> {
  const { rows } = await db.query<{ textId: bigint; startTime: number; duration: number }>(
    `select text_id as "textId", extract(epoch from started_at)::float8 as "startTime",
       greatest(0, extract(epoch from clock_timestamp() - started_at))::float8 as duration
     from tts_monitor.tasks where status = 'processing' order by started_at, id limit ${LONGEST_LIST}`,
  );
  return rows.map(({ textId, startTime, duration }) => ({
    text_id: idForJson(textId),
    status: "processing",
    start_time: startTime,
    duration,
  }));
}

function oneDecimal(number: number): number {
  return Math.round(number * 10) / 10;
}
