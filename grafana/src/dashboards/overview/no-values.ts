/** The snapshot of the database is old, or there is none. */
export const NO_NUMBERS = "no fresh numbers";
export const NOTHING_ENDED = "nothing has ended in the last minutes";
export const NO_TASK_ENDED = "no task has ended";
