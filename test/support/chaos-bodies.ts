import { readFileSync } from "node:fs";
import { WORKER_SERIES } from "../../chaos/checker/expected.ts";
import { keyOf, parse } from "../../chaos/checker/exposition.ts";
import { DURATION_BUCKETS, QUEUE_WAIT_BUCKETS } from "../../src/domain/buckets.ts";
import { OUTCOMES } from "../../src/domain/task.ts";

/** What a simulated database holds. */
export interface Books {
  created: number;
  started: number;
  deduplicated: number;
  late: number;
  texts: number;
  textsCompleted: number;
  /** s that each ended task took, by outcome */
  ended: Record<(typeof OUTCOMES)[number], number[]>;
  /** failures by reason */
  reasons: Record<string, number>;
  pruned: number;
}

export interface ProcessNumbers {
  /** s since 1970 */
  startedAt: number;
  /** by the series' key */
  own: Record<string, number>;
}

const golden = readFileSync("test/golden/metrics.txt", "utf8").split("\n");
const OF_PROCESS = {
  process_start_time_seconds: 0,
  process_resident_memory_bytes: 90_000_000,
  nodejs_heap_size_used_bytes: 30_000_000,
  process_open_fds: 24,
};

/** An exporter's `/metrics`, in the series of the golden one. @param now s since 1970; books undefined: database away */
export function exporterBody(books: Books | undefined, process: ProcessNumbers, now: number): string {
  const values = books ? databaseValues(books, now) : new Map([["tts_db_up", 0]]);
  for (const [key, value] of Object.entries(process.own)) values.set(key, value);
  const lines = golden.flatMap((line) => {
    const away =
      books === undefined && /^(# \w+ )?(tts_db_(?!up)|tts_monitor_(texts_tracked|db_clock))/.test(line);
    if (away || line.includes("text_id=") || line.startsWith("tts_db_worker_heartbeat_age")) return [];
    const [series] = parse(`${line}\n`).series;
    if (!series) return [line];
    const fallback = series.name === "tts_monitor_collector_success" && books ? 1 : 0;
    return [`${line.slice(0, line.lastIndexOf(" "))} ${values.get(series.key) ?? fallback}`];
  });
  const limit = books ? ['tts_db_concurrency_limit{scope="global"} 5'] : [];
  const workers = books
    ? [1, 2, 3].map((n) => `tts_db_worker_heartbeat_age_seconds{worker="worker-${n}"} 0.2`)
    : [];
  return `${[...lines.filter(Boolean), ...limit, ...workers, ...processLines(process)].join("\n")}\n`;
}

/** A worker's. */
export function workerBody(process: ProcessNumbers): string {
  const lines = WORKER_SERIES.flatMap((key) => {
    const name = key.replace(/\{.*/, "");
    const value = process.own[key] ?? 0;
    if (!name.endsWith("_count"))
      return [`# TYPE ${name} ${name.endsWith("_total") ? "counter" : "gauge"}`, `${key} ${value}`];
    const [family, labels] = [name.slice(0, -6), key.slice(name.length)];
    const bucket = (le: string) =>
      `${family}_bucket{le="${le}"${labels && `,${labels.slice(1, -1)}`}} ${value}`;
    return [
      `# TYPE ${family} histogram`,
      bucket("0.1"),
      bucket("+Inf"),
      `${family}_sum${labels} ${value}`,
      `${key} ${value}`,
    ];
  });
  return `${[...lines, ...processLines(process)].join("\n")}\n`;
}

function processLines({ startedAt }: ProcessNumbers): string[] {
  return Object.entries({ ...OF_PROCESS, process_start_time_seconds: startedAt }).flatMap(([name, value]) => [
    `# TYPE ${name} gauge`,
    `${name} ${value}`,
  ]);
}

function databaseValues(books: Books, now: number): Map<string, number> {
  const { created, started, ended, texts, textsCompleted } = books;
  const finished = OUTCOMES.map((outcome) => ended[outcome].length).reduce((a, b) => a + b);
  const values = new Map<string, number>([
    ["tts_db_up", 1],
    ["tts_db_snapshot_timestamp_seconds", now],
    ["tts_db_texts_timestamp_seconds", now],
    ["tts_monitor_texts_tracked", 1],
    ["tts_db_tasks_created_total", created],
    ["tts_db_tasks_started_total", started],
    ["tts_db_tasks_deduplicated_total", books.deduplicated],
    ["tts_db_late_writes_total", books.late],
    ["tts_db_concurrency_in_use", started - finished],
    ["tts_db_texts", texts],
    ["tts_db_texts_completed", textsCompleted],
    ["tts_db_success_ratio", texts === 0 ? 0 : textsCompleted / texts],
    [keyOf("tts_db_workers", { state: "live" }), 3],
    [keyOf("tts_db_tasks", { status: "pending" }), created - started],
    [keyOf("tts_db_tasks", { status: "processing" }), started - finished],
    [keyOf("tts_db_slo_events_total", { slo: "task_success", result: "good" }), ended.completed.length],
  ]);
  for (const outcome of OUTCOMES) {
    const gone = outcome === "completed" ? books.pruned : 0;
    values.set(keyOf("tts_db_tasks", { status: outcome }), ended[outcome].length - gone);
    values.set(keyOf("tts_db_tasks_finished_total", { outcome }), ended[outcome].length);
    histogram(values, "tts_db_task_duration_seconds", ended[outcome], DURATION_BUCKETS, { outcome });
  }
  const waits = Array.from({ length: started }, () => 0);
  histogram(values, "tts_db_task_queue_wait_seconds", waits, QUEUE_WAIT_BUCKETS, {});
  for (const [reason, count] of Object.entries(books.reasons)) {
    values.set(keyOf("tts_db_task_failures_total", { reason }), count);
  }
  return values;
}

function histogram(
  values: Map<string, number>,
  name: string,
  observed: readonly number[],
  bounds: readonly number[],
  labels: Record<string, string>,
): void {
  for (const le of bounds) {
    const count = observed.filter((seconds) => seconds <= le).length;
    values.set(keyOf(`${name}_bucket`, { ...labels, le: String(le) }), count);
  }
  values.set(keyOf(`${name}_bucket`, { ...labels, le: "+Inf" }), observed.length);
  values.set(keyOf(`${name}_count`, labels), observed.length);
  values.set(
    keyOf(`${name}_sum`, labels),
    observed.reduce((sum, seconds) => sum + seconds, 0),
  );
}
