import { DURATION_BUCKETS, QUEUE_WAIT_BUCKETS } from "../domain/buckets.ts";
import { OUTCOMES } from "../domain/task.ts";
import { byLabel, type Collector, type Family, histogramSamples, value } from "./collector.ts";
import { type Entry, type LedgerReading, readEntries } from "./ledger-reading.ts";

const TASKS: Family = {
  name: "tts_db_tasks",
  help: "Tasks in the database now, by status; pruned ones are gone.",
  type: "gauge",
  labels: ["status"],
};
const CREATED: Family = {
  name: "tts_db_tasks_created_total",
  help: "Tasks recorded, ever.",
  type: "counter",
};
const STARTED: Family = { name: "tts_db_tasks_started_total", help: "Tasks started, ever.", type: "counter" };
const FINISHED: Family = {
  name: "tts_db_tasks_finished_total",
  help: "Tasks ended, ever, by outcome.",
  type: "counter",
  labels: ["outcome"],
};
const FAILURES: Family = {
  name: "tts_db_task_failures_total",
  help: "Tasks that failed or timed out, ever, by reason.",
  type: "counter",
  labels: ["reason"],
};
const DEDUPLICATED: Family = {
  name: "tts_db_tasks_deduplicated_total",
  help: "Submissions answered by another task of the same content.",
  type: "counter",
};
const LATE: Family = {
  name: "tts_db_late_writes_total",
  help: "Results that came after their task had ended, and changed nothing.",
  type: "counter",
};
const SLOT_CONFLICTS: Family = {
  name: "tts_db_slot_conflicts_total",
  help: "Processes that lived and found their slot name taken by another one: two were given one name.",
  type: "counter",
};
const SLO: Family = {
  name: "tts_db_slo_events_total",
  help: "Ended tasks that count for an objective: task_success leaves out invalid input, task_latency counts completed ones.",
  type: "counter",
  labels: ["slo", "result"],
};
const DURATION: Family = {
  name: "tts_db_task_duration_seconds",
  help: "Time from a task's start to its end.",
  type: "histogram",
  labels: ["outcome"],
};
const QUEUE_WAIT: Family = {
  name: "tts_db_task_queue_wait_seconds",
  help: "Time from a task's record to its start.",
  type: "histogram",
};

/** What do the books say? Exact, and as cheap at ten million tasks as at none. */
export const tasksCollector: Collector<LedgerReading> = {
  name: "tasks",
  families: [
    TASKS,
    CREATED,
    STARTED,
    FINISHED,
    FAILURES,
    DEDUPLICATED,
    LATE,
    SLOT_CONFLICTS,
    SLO,
    DURATION,
    QUEUE_WAIT,
  ],
  async read(db) {
    const { rows } = await db.query<Entry>(
      "select event, label, bucket, n, micros from tts_monitor.task_ledger",
    );
    return readEntries(rows);
  },
  measure(books) {
    return [
      byLabel(TASKS, "status", books.rows),
      value(CREATED, books.created),
      value(STARTED, books.started),
      byLabel(FINISHED, "outcome", books.finished),
      byLabel(FAILURES, "reason", books.failures),
      value(DEDUPLICATED, books.deduplicated),
      value(LATE, books.late),
      value(SLOT_CONFLICTS, books.slotConflicts),
      { family: SLO, samples: sloSamples(books) },
      {
        family: DURATION,
        samples: OUTCOMES.flatMap((outcome) =>
          histogramSamples(books.durations[outcome], DURATION_BUCKETS, { outcome }),
        ),
      },
      { family: QUEUE_WAIT, samples: histogramSamples(books.queueWait, QUEUE_WAIT_BUCKETS) },
    ];
  },
};

function sloSamples({ finished, failures, completedInTime }: LedgerReading) {
  const events = {
    task_success: {
      good: finished.completed,
      bad: finished.failed - failures.invalid_input + finished.timeout,
    },
    task_latency: { good: completedInTime, bad: finished.completed - completedInTime },
  };
  return Object.entries(events).flatMap(([slo, results]) =>
    Object.entries(results).map(([result, count]) => ({ labels: { slo, result }, value: count })),
  );
}
