// What a TTS service imports. Nobody inside imports it, but for the demo, which is such a service.
export type { MonitorStats } from "./collectors/stats.ts";
export type { ExistingTask } from "./db/submit-store.ts";
export type { Audio } from "./domain/audio.ts";
export { FAILURE_REASONS, type FailureReason, type Reason } from "./domain/reason.ts";
export type { Outcome, Status } from "./domain/task.ts";
export type { TaskStatus } from "./domain/task-status.ts";
export {
  ConcurrencyLimitError,
  ConfigError,
  DatabaseUnavailableError,
  DuplicateTaskError,
  InvalidInputError,
  NotFoundError,
  OperationError,
  TaskEndedError,
  TtsMonitorError,
  WorkerStoppedError,
} from "./errors.ts";
export type { Logger } from "./logger.ts";
export type { Task, TaskHandler, TaskResult } from "./worker/execute.ts";
export type { TaskMonitorOptions } from "./worker/options.ts";
export type { TaskRequest } from "./worker/submit.ts";
export { createTaskMonitor, type Ended, type TaskMonitor } from "./worker/task-monitor.ts";
