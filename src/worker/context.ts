import type pg from "pg";
import type { Slot } from "../db/worker-store.ts";
import type { WorkerEmitter } from "../domain/events.ts";
import type { EventBuffer } from "./event-buffer.ts";
import type { Lane } from "./lane.ts";
import type { Limiter } from "./limiter.ts";
import type { WorkerSettings } from "./options.ts";
import type { Progress } from "./progress.ts";
import type { RunningTasks } from "./running-tasks.ts";
import type { WakeUp } from "./wake-up.ts";

/** What the library's functions work with. */
export interface WorkerContext {
  pool: pg.Pool;
  slot: Slot;
  settings: WorkerSettings;
  events: WorkerEmitter;
  buffer: EventBuffer;
  limiter: Limiter;
  running: RunningTasks;
  /** what every submission passes on its way to the database */
  submissions: Lane;
  /** recorded tasks that wait for their start */
  waiting: Set<bigint>;
  /** those of them that have a slot here, but not yet leave to start by the global limit */
  keptBack: Set<bigint>;
  /** aborted when the worker starts nothing more */
  stopped: AbortSignal;
  /** another process has taken the slot name */
  fenced(): boolean;
  /** an answer was lost: the database may have recorded for us what we do not know */
  suspectForgotten(): void;
  /** that the worker moves on: seen by whoever watches for a wedged one */
  progress: Progress;
  /** rings when there may be a pending task */
  wakeUp: WakeUp;
}
