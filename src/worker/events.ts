import { EventEmitter } from "node:events";
import type { WorkerEvents } from "../domain/events.ts";

export type WorkerEmitter = EventEmitter<{ [Name in keyof WorkerEvents]: [WorkerEvents[Name]] }>;

export function createWorkerEmitter(): WorkerEmitter {
  return new EventEmitter();
}
