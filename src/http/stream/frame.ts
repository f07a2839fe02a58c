import { formatPosition, type Position, type TaskEvent } from "../../domain/task-event.ts";
import type { TaskStatus } from "../../domain/task-status.ts";
import { unicodeEscape } from "../../domain/unicode-escape.ts";

// Line ends to some clients' libraries, which JSON leaves as they are.
const FURTHER_LINE_ENDS = /[\u007f-\u009f\u2028\u2029]/g;

/** One event of an event stream (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export function frame(position: Position, event: TaskEvent | "status", status: TaskStatus): string {
  const json = JSON.stringify({ event, ...status }).replaceAll(FURTHER_LINE_ENDS, unicodeEscape);
  return `id: ${formatPosition(position)}\ndata: ${json}\n\n`;
}

/** Keeps the connection from looking dead. */
export const COMMENT = ":\n\n";

const SHORTEST_RETRY = 1000;

/** Tells the client when to come again after a break: not all at once. */
export function retryHint(): string {
  return `retry: ${Math.round(SHORTEST_RETRY * (1 + 3 * Math.random()))}\n\n`;
}
