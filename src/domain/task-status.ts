import { isOutcome, type Status } from "./task.ts";

/** The old monitor's JSON of a text's newest task. Times in seconds since the epoch, `duration` in seconds. */
export interface TaskStatus {
  text_id: number | string;
  status: Status;
  start_time: number | null;
  completed_time: number | null;
  error_message: string | null;
  audio_url: string | null;
  filename: string | null;
  stage: "queued" | "running" | "done";
  duration?: number;
}

/** A task as the database has it; times in seconds since the epoch. */
export interface TaskFacts {
  status: Status;
  startTime: number | null;
  completedTime: number | null;
  errorMessage: string | null;
  audioUrl: string | null;
  filename: string | null;
  /** seconds; of a running task, so far */
  duration: number | null;
}

/** @param textId of the text that was asked for, also where it follows another text's task */
export function taskStatus(textId: bigint, task: TaskFacts): TaskStatus {
  return {
    text_id: idForJson(textId),
    status: task.status,
    start_time: task.startTime,
    completed_time: task.completedTime,
    error_message: task.errorMessage,
    audio_url: task.audioUrl,
    filename: task.filename,
    stage: stageOf(task.status),
    ...(task.duration !== null && { duration: task.duration }),
  };
}

function stageOf(status: Status): TaskStatus["stage"] {
  if (isOutcome(status)) return "done";
  return status === "pending" ? "queued" : "running";
}

/** A number where JSON's double is exact, else a string. */
export function idForJson(id: bigint): number | string {
  return id <= Number.MAX_SAFE_INTEGER ? Number(id) : id.toString();
}

const LARGEST_ID = 2n ** 63n - 1n;

/** An id in 1…2^63−1 from its decimal digits; undefined for anything else. */
export function parseId(text: string): bigint | undefined {
  if (!/^[0-9]{1,19}$/.test(text)) return undefined;
  const id = BigInt(text);
  return id >= 1n && id <= LARGEST_ID ? id : undefined;
}
