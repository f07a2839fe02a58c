import { appTableProblem } from "./domain/app-tables.ts";
import type { Outcome, Status } from "./domain/task.ts";

/** What every error of ours carries: a stable code for programs, a status for HTTP, a message safe to show. */
export abstract class TtsMonitorError extends Error {
  abstract readonly code: string;
  abstract readonly httpStatus: number;
  override get name(): string {
    return this.constructor.name;
  }
}

/** A setting that is missing, unknown or does not parse. The message names the setting; exit code 2. */
export class ConfigError extends TtsMonitorError {
  readonly code = "config_invalid";
  readonly httpStatus = 500;
}

/** A command that could not do its work for a reason that the user can mend. One line; exit code 1. */
export class OperationError extends TtsMonitorError {
  readonly code = "operation_failed";
  readonly httpStatus = 500;
}

/** A value of a request or a call that does not validate. The message names the field. */
export class InvalidInputError extends TtsMonitorError {
  readonly code = "invalid_input";
  readonly httpStatus = 400;
}

/** There is no such task or text. */
export class NotFoundError extends TtsMonitorError {
  readonly code = "not_found";
  readonly httpStatus = 404;
}

/** PostgreSQL does not answer, or its schema is not the one this program works with. */
export class DatabaseUnavailableError extends TtsMonitorError {
  readonly code = "database_unavailable";
  readonly httpStatus = 503;
}

/**
 * For what a statement on the application's tables throws.
 * @throws DatabaseUnavailableError that names the table which is missing; any other error as it is
 */
export function refuseMissingAppTable(error: unknown): never {
  const problem = appTableProblem(error);
  throw problem === undefined ? error : new DatabaseUnavailableError(problem, { cause: error });
}

/** The content is being processed already, or was completed within the dedup window. */
export class DuplicateTaskError extends TtsMonitorError {
  readonly code = "duplicate_task";
  readonly httpStatus = 409;
  readonly existingTaskId: bigint;
  readonly existingTextId: bigint;
  readonly status: Status;
  constructor(existing: { taskId: bigint; textId: bigint; status: Status }) {
    super(`the same content is task ${existing.taskId} of text ${existing.textId}, ${existing.status}`);
    this.existingTaskId = existing.taskId;
    this.existingTextId = existing.textId;
    this.status = existing.status;
  }
}

/** The task had ended before this call: nothing was changed, and the call was counted as late. */
export class TaskEndedError extends TtsMonitorError {
  readonly code = "task_ended";
  readonly httpStatus = 409;
  readonly taskId: bigint;
  readonly status: Outcome;
  readonly reason: string | null;
  constructor(ended: { taskId: bigint; status: Outcome; reason: string | null }) {
    super(
      `task ${ended.taskId} has already ended as ${ended.status}${ended.reason ? ` (${ended.reason})` : ""}`,
    );
    this.taskId = ended.taskId;
    this.status = ended.status;
    this.reason = ended.reason;
  }
}

/** This process no longer owns its slot name, or is closing: it starts nothing more. */
export class WorkerStoppedError extends TtsMonitorError {
  readonly code = "worker_stopped";
  readonly httpStatus = 503;
}

/** No slot is free, here or under the global limit: nothing was recorded. */
export class ConcurrencyLimitError extends TtsMonitorError {
  readonly code = "concurrency_limit";
  readonly httpStatus = 429;
}

/** The slot name belongs to another process, which lives. */
export class SlotTakenError extends TtsMonitorError {
  readonly code = "slot_taken";
  readonly httpStatus = 409;
}

/** A request without the credentials that it needs, or with wrong ones. */
export class UnauthorizedError extends TtsMonitorError {
  readonly code = "unauthorized";
  readonly httpStatus = 401;
  readonly scheme: "Basic" | "Bearer";
  constructor(message: string, scheme: "Basic" | "Bearer") {
    super(message);
    this.scheme = scheme;
  }
}

/** What no credentials open, as this process is configured. */
export class ForbiddenError extends TtsMonitorError {
  readonly code = "forbidden";
  readonly httpStatus = 403;
}

/** Too many wrong credentials from one address. */
export class TooManyAttemptsError extends TtsMonitorError {
  readonly code = "too_many_attempts";
  readonly httpStatus = 429;
  /** after which it is worth trying again */
  readonly seconds: number;
  constructor(message: string, seconds: number) {
    super(message);
    this.seconds = seconds;
  }
}

/** What is asked for does not go with the state that a task is in: nothing was changed. */
export class TaskStateError extends TtsMonitorError {
  readonly code = "task_state";
  readonly httpStatus: 400 | 409;
  readonly status: Status;
  constructor(message: string, status: Status, httpStatus: 400 | 409 = 409) {
    super(message);
    this.status = status;
    this.httpStatus = httpStatus;
  }
}

/** This process is full, or about to end: another replica, or this one later, may answer. */
export class BusyError extends TtsMonitorError {
  readonly code = "busy";
  readonly httpStatus = 503;
}
