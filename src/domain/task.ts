/**
 * The life of a task: one attempt to turn one text into audio.
 *
 *   (recorded) → pending ──► processing ──► completed   the worker, with valid audio
 *                                     ├───► failed      the worker, with a failure reason
 *                                     └───► timeout     the worker or the sweeper
 *
 * Final states are final: the database refuses any other move (migrations/0001_tasks.sql).
 */
export const STATUSES = ["pending", "processing", "completed", "failed", "timeout"] as const;
export type Status = (typeof STATUSES)[number];

export const OUTCOMES = ["completed", "failed", "timeout"] as const;
export type Outcome = (typeof OUTCOMES)[number];

const NEXT: Record<Status, readonly Status[]> = {
  pending: ["processing"],
  processing: OUTCOMES,
  completed: [],
  failed: [],
  timeout: [],
};

/** Whether a task of the one status may come to the other in one step. */
export function canMove(from: Status, to: Status): boolean {
  return NEXT[from].includes(to);
}

/** Whether nothing comes after it. */
export function isOutcome(status: Status): status is Outcome {
  return NEXT[status].length === 0;
}
