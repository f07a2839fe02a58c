import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { DURATION_BUCKETS, QUEUE_WAIT_BUCKETS } from "../domain/buckets.ts";
import type { WorkerEmitter } from "../domain/events.ts";
import { REASONS } from "../domain/reason.ts";
import { OUTCOMES } from "../domain/task.ts";

/** What a worker is like at the moment of a scrape. Times in seconds, timestamps since the epoch. */
export interface WorkerState {
  active: number;
  waiting: number;
  limit: number;
  oldestAge: number;
  lastHeartbeat: number;
  lastProgress: number;
  buffered: number;
}

// 4,999 bytes is no valid audio, 5,000 is: the two must not share a bucket.
const AUDIO_BUCKETS = [4999, 5000, 10_000, 50_000, 100_000, 500_000, 1_000_000, 5_000_000, 10_000_000];

/** The metrics of one worker: counts the events that it emits, and asks its state at each scrape. */
export function createWorkerMetrics(
  events: WorkerEmitter,
  state: () => WorkerState,
  version: string,
): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  countSubmissions(events, registry);
  countTasks(events, registry);
  countTrouble(events, registry);
  describeState(state, registry);
  new Gauge({
    name: "tts_worker_info",
    help: "Always 1; the library's version.",
    labelNames: ["version"],
    registers: [registry],
  }).set({ version }, 1);
  return registry;
}

function countSubmissions(events: WorkerEmitter, registry: Registry): void {
  const registers = [registry];
  const submitted = new Counter({
    name: "tts_worker_tasks_submitted_total",
    help: "Texts submitted to this worker, duplicates among them.",
    registers,
  });
  const deduplicated = new Counter({
    name: "tts_worker_tasks_deduplicated_total",
    help: "Submissions answered by another task of the same content.",
    registers,
  });
  events.on("submitted", () => submitted.inc());
  events.on("deduplicated", () => deduplicated.inc());
}

function countTasks(events: WorkerEmitter, registry: Registry): void {
  const registers = [registry];
  const started = new Counter({ name: "tts_worker_tasks_started_total", help: "Tasks started.", registers });
  const wait = new Histogram({
    name: "tts_worker_task_queue_wait_seconds",
    help: "Time from a task's record to its start.",
    buckets: [...QUEUE_WAIT_BUCKETS],
    registers,
  });
  const finished = new Counter({
    name: "tts_worker_tasks_finished_total",
    help: "Tasks that this worker ended, by outcome.",
    labelNames: ["outcome"],
    registers,
  });
  const failures = new Counter({
    name: "tts_worker_task_failures_total",
    help: "Tasks that this worker ended as failed or timeout, by reason.",
    labelNames: ["reason"],
    registers,
  });
  const duration = new Histogram({
    name: "tts_worker_task_duration_seconds",
    help: "Time from a task's start to its end.",
    labelNames: ["outcome"],
    buckets: [...DURATION_BUCKETS],
    registers,
  });
  const size = new Histogram({
    name: "tts_worker_audio_size_bytes",
    help: "Size of completed tasks' audio.",
    buckets: AUDIO_BUCKETS,
    registers,
  });
  for (const outcome of OUTCOMES) {
    finished.inc({ outcome }, 0);
    duration.zero({ outcome });
  }
  for (const reason of REASONS) failures.inc({ reason }, 0);
  events.on("started", ({ waitSeconds }) => {
    started.inc();
    wait.observe(waitSeconds);
  });
  events.on("finished", ({ outcome, reason, durationSeconds, audioBytes }) => {
    finished.inc({ outcome });
    duration.observe({ outcome }, durationSeconds);
    if (reason) failures.inc({ reason });
    if (audioBytes !== null) size.observe(audioBytes);
  });
}

function countTrouble(events: WorkerEmitter, registry: Registry): void {
  const registers = [registry];
  const late = new Counter({
    name: "tts_worker_late_writes_total",
    help: "Writes of this worker that came after their task had ended.",
    labelNames: ["operation"],
    registers,
  });
  for (const operation of ["heartbeat", "complete", "fail"]) late.inc({ operation }, 0);
  const simple = (name: string, help: string) => new Counter({ name, help, registers });
  const heartbeats = simple(
    "tts_worker_heartbeat_failures_total",
    "Heartbeats that the database did not take.",
  );
  const replayed = simple(
    "tts_worker_events_replayed_total",
    "Results that the database took after an outage only.",
  );
  const lost = simple("tts_worker_events_lost_total", "Results that the database will never have.");
  events.on("lateWrite", ({ operation }) => late.inc({ operation }));
  events.on("heartbeatFailed", () => heartbeats.inc());
  events.on("eventReplayed", () => replayed.inc());
  events.on("eventLost", () => lost.inc());
}

const STATE: readonly [name: string, help: string, of: (state: WorkerState) => number][] = [
  ["tasks_active", "Tasks that this worker runs.", (state) => state.active],
  ["tasks_waiting", "Recorded tasks that wait for a slot of this worker.", (state) => state.waiting],
  ["concurrency_limit", "Slots of this worker.", (state) => state.limit],
  [
    "oldest_task_age_seconds",
    "Time since the start of its oldest task; 0 when it has none.",
    (state) => state.oldestAge,
  ],
  [
    "last_heartbeat_timestamp_seconds",
    "When the database last took its heartbeat.",
    (state) => state.lastHeartbeat,
  ],
  [
    "last_progress_timestamp_seconds",
    "When it last moved on, were it only to look for work.",
    (state) => state.lastProgress,
  ],
  ["events_buffered", "Results that wait for the database.", (state) => state.buffered],
];

function describeState(state: () => WorkerState, registry: Registry): void {
  for (const [name, help, of] of STATE) {
    new Gauge({
      name: `tts_worker_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(of(state()));
      },
    });
  }
}
