import { beginDrain, removeWorker } from "../db/worker-store.ts";
import { inTime } from "../domain/in-time.ts";
import { reasonOf } from "../domain/thrown.ts";
import { WorkerStoppedError } from "../errors.ts";
import type { WorkerContext } from "./context.ts";
import type { Heartbeat } from "./heartbeat.ts";

// What the database gets, after the grace, to take the ends of what had to be aborted.
const LAST_WRITES = 5000;

/**
 * Lets finish what runs, within the grace, and takes the worker off the list. Nothing starts any more by then.
 * Never rejects.
 */
export async function drain(context: WorkerContext, heartbeat: Heartbeat): Promise<void> {
  const { pool, slot, settings, limiter, running, buffer } = context;
  await context.wakeUp.close();
  const goodbye = beginDrain(pool, slot).catch(() => {});
  // Slots rather than running tasks: a start may be on its way.
  await inTime(limiter.idle(), settings.shutdownGrace, () => {});
  if (limiter.active > 0) {
    settings.log.warn({ tasks: limiter.active }, "the grace is over: what still runs is aborted");
  }
  running.abortAll(new WorkerStoppedError("the worker was stopped"));
  await inTime(Promise.all([limiter.idle(), buffer.empty(), goodbye]), LAST_WRITES, () => {});
  await inTime(buffer.close(), LAST_WRITES, () => {});
  await heartbeat.stop();
  await removeWorker(pool, slot).catch((error: unknown) => {
    settings.log.warn({ reason: reasonOf(error) }, "the worker could not say goodbye: it will count as lost");
  });
}
