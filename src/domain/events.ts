import { EventEmitter } from "node:events";
import type { Reason } from "./reason.ts";
import type { Outcome } from "./task.ts";

export type LateOperation = "heartbeat" | "complete" | "fail";

/**
 * What one worker sees happen. The library emits, the metrics subscribe (src/metrics/worker-metrics.ts). A start or
 * a finish is emitted only after its commit.
 *
 * event              measures                              labels
 * submitted          –                                     –
 * deduplicated       –                                     –
 * started            queue wait (s)                        –
 * finished           duration (s), audio size (bytes)      outcome, reason
 * lateWrite          –                                     operation
 * heartbeatFailed    –                                     –
 * eventReplayed      –                                     –
 * eventLost          –                                     –
 */
interface WorkerEvents {
  submitted: Record<string, never>;
  deduplicated: Record<string, never>;
  started: { waitSeconds: number };
  finished: { outcome: Outcome; reason: Reason | null; durationSeconds: number; audioBytes: number | null };
  lateWrite: { operation: LateOperation };
  heartbeatFailed: Record<string, never>;
  eventReplayed: Record<string, never>;
  eventLost: Record<string, never>;
}

export type WorkerEmitter = EventEmitter<{ [Name in keyof WorkerEvents]: [WorkerEvents[Name]] }>;

/** What a worker's parts emit to, and its metrics listen on. */
export function createWorkerEmitter(): WorkerEmitter {
  return new EventEmitter();
}
