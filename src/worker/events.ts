import { EventEmitter } from "node:events";
import type { WorkerEmitter } from "../domain/events.ts";

export function createWorkerEmitter(): WorkerEmitter {
  return new EventEmitter();
}
