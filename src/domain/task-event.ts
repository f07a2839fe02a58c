import { isOutcome, type Outcome, type Status } from "./task.ts";
import { parseId, type TaskFacts } from "./task-status.ts";

/** How far a task has come: 1 recorded, 2 started, 3 ended. Of what somebody knows of it also 0: nothing yet. */
export type Rank = 0 | 1 | 2 | 3;

export const ENDED = 3;

/** How far a task of this status has come. */
export function rankOf(status: Status): Rank {
  if (isOutcome(status)) return ENDED;
  return status === "pending" ? 1 : 2;
}

/** What a stream's client knows, and the id of the event that told it. */
export interface Position {
  taskId: bigint;
  rank: Rank;
}

/** The position as an event's id: `4711:2`. */
export function formatPosition({ taskId, rank }: Position): string {
  return `${taskId}:${rank}`;
}

/** A position as `formatPosition` writes it; undefined for anything else. */
export function parsePosition(text: string): Position | undefined {
  const [, digits = "", rank] = /^([1-9][0-9]{0,18}):([0-3])$/.exec(text) ?? [];
  const taskId = parseId(digits);
  return taskId === undefined ? undefined : { taskId, rank: Number(rank) as Rank };
}

export type TaskEvent = "queued" | "started" | Outcome;

interface Step {
  event: TaskEvent;
  rank: Rank;
  /** the task as it was then */
  task: TaskFacts;
}

/** What happened to a task beyond what is known, in order: nothing is left out, however late one looks. */
export function stepsAfter(known: Rank, task: TaskFacts): Step[] {
  const reached = rankOf(task.status);
  const steps: Step[] = [{ event: "queued", rank: 1, task: asQueued(task) }];
  if (reached > 1) steps.push({ event: "started", rank: 2, task: asStarted(task) });
  if (isOutcome(task.status)) steps.push({ event: task.status, rank: ENDED, task });
  return steps.filter(({ rank }) => rank > known);
}

const WITHOUT_RESULT = { completedTime: null, errorMessage: null, audioUrl: null, filename: null };

function asQueued(task: TaskFacts): TaskFacts {
  return { ...task, ...WITHOUT_RESULT, status: "pending", startTime: null, duration: null };
}

function asStarted(task: TaskFacts): TaskFacts {
  return isOutcome(task.status) ? { ...task, ...WITHOUT_RESULT, status: "processing", duration: 0 } : task;
}
