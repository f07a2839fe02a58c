import type { Queryable } from "../../src/db/pool.ts";
import { registerWorker, type Slot } from "../../src/db/worker-store.ts";
import type { Ending } from "../../src/domain/ending.ts";

export const HOUR = 3_600_000;

export const COMPLETED: Ending = {
  outcome: "completed",
  reason: null,
  errorMessage: null,
  audio: { audioUrl: "/audio/1.wav", filename: "1.wav", fileSize: 70_000 },
};

export const FAILED: Ending = {
  outcome: "failed",
  reason: "provider_error",
  errorMessage: "503 from the provider",
  audio: null,
};

/** What a worker's row tells. @param heartbeatTimeout ms */
export const registration = (worker = "worker-1", heartbeatTimeout = 30_000) => ({
  worker,
  address: null,
  concurrencyLimit: 2,
  heartbeatTimeout,
  version: "test",
});

/** Takes a slot. @param heartbeatTimeout ms */
export function takeSlot(db: Queryable, worker?: string, heartbeatTimeout?: number): Promise<Slot> {
  return registerWorker(db, registration(worker, heartbeatTimeout));
}

/** A hash that any two calls with the same number share. */
export function hashOf(number: number): string {
  return number.toString(16).padStart(64, "0");
}
