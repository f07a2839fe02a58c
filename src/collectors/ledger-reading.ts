import { DURATION_BUCKETS, QUEUE_WAIT_BUCKETS } from "../domain/buckets.ts";
import { REASONS, type Reason } from "../domain/reason.ts";
import { recordOf } from "../domain/record-of.ts";
import { OUTCOMES, type Outcome, type Status } from "../domain/task.ts";
import type { Histogram } from "./collector.ts";

/** A line of the view tts_monitor.task_ledger; its columns are explained in migrations/0002_ledger.sql. */
export interface Entry {
  event: string;
  label: string;
  bucket: number;
  n: bigint;
  micros: bigint;
}

/** What the books say, in the words of the metrics. */
export interface LedgerReading {
  created: number;
  started: number;
  deduplicated: number;
  late: number;
  slotConflicts: number;
  finished: Record<Outcome, number>;
  failures: Record<Reason, number>;
  /** rows that are there now; pruned ones are not */
  rows: Record<Status, number>;
  completedInTime: number;
  durations: Record<Outcome, Histogram>;
  queueWait: Histogram;
}

/** Adds the view's lines up; a kind of which there is none counts 0. */
export function readEntries(entries: readonly Entry[]): LedgerReading {
  const total = (event: string, label?: string) =>
    Number(
      sum(
        entries.filter((e) => e.event === event && (label === undefined || e.label === label)),
        "n",
      ),
    );
  const created = total("created");
  const started = total("started");
  const finished = recordOf(OUTCOMES, (outcome) => total(outcome));
  const ended = finished.completed + finished.failed + finished.timeout;
  return {
    created,
    started,
    deduplicated: total("deduplicated"),
    late: total("late"),
    slotConflicts: total("slot_conflict"),
    finished,
    failures: recordOf(REASONS, (reason) => total("failed", reason) + total("timeout", reason)),
    rows: {
      pending: created - started,
      processing: started - ended,
      ...recordOf(OUTCOMES, (outcome) => finished[outcome] - total("deleted", outcome)),
    },
    completedInTime: total("completed", "in_time"),
    durations: recordOf(OUTCOMES, (outcome) => histogram(entries, outcome, DURATION_BUCKETS.length)),
    queueWait: histogram(entries, "started", QUEUE_WAIT_BUCKETS.length),
  };
}

function histogram(entries: readonly Entry[], event: string, bounds: number): Histogram {
  const mine = entries.filter((entry) => entry.event === event);
  const counts = Array.from({ length: bounds + 1 }, (_, bucket) =>
    Number(
      sum(
        mine.filter((entry) => entry.bucket === bucket),
        "n",
      ),
    ),
  );
  return { counts, sum: Number(sum(mine, "micros")) / 1e6 };
}

function sum(entries: readonly Entry[], column: "n" | "micros"): bigint {
  return entries.reduce((total, entry) => total + entry[column], 0n);
}
