import { readFile, rename, rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { readInstallation } from "../db/settings-store.ts";
import { isConnectionError, isRefusal, isTransient } from "../db/sqlstate.ts";
import { readTasksOf } from "../db/task-reader.ts";
import type { Slot } from "../db/worker-store.ts";
import { reasonOf } from "../domain/thrown.ts";
import { NotFoundError, TaskEndedError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import type { WorkerContext } from "./context.ts";
import { applyFinish } from "./finish.ts";
import { type Finish, parseSpool } from "./finish-record.ts";
import { createSpool, type Spool } from "./spool.ts";
import { type LeftSpool, listSpools, removeHalfWritten, spoolFile } from "./spool-dir.ts";

type ReplayContext = Pick<WorkerContext, "pool" | "events"> & { log: Logger };

// How long a row that a stranger holds locked keeps the worker from its start.
const PATIENCE = 30_000;
const PAUSE = 250;

/**
 * Writes what former processes of this worker could not. To be called before the slot is taken, which ends whatever
 * they left as `worker_lost`. May break off anywhere and begin again: each finish counts once.
 * @param dir undefined: nothing is spooled
 * @returns makes the spool of the process that then has the slot
 * @throws whatever the database objects; what is not written yet stays where it is
 */
export async function openSpool(
  context: ReplayContext,
  dir: string | undefined,
  worker: string,
): Promise<(slot: Slot) => Spool | undefined> {
  if (dir === undefined) return () => undefined;
  const { pool, log } = context;
  const installation = await readInstallation(pool);
  await removeHalfWritten(dir, worker);
  for (const left of await listSpools(dir, worker)) {
    const { file } = left;
    if (left.installation === installation) await replay(context, left);
    else log.warn({ file }, "this spool is meant for another database: it is left alone");
  }
  return (slot) => createSpool(spoolFile(dir, slot, installation), log);
}

async function replay(context: ReplayContext, { file, slot }: LeftSpool): Promise<void> {
  const { pool, events, log } = context;
  let lost = 0;
  const lose = (fields: object, message: string) => {
    lost++;
    events.emit("eventLost", {});
    log.error({ file, ...fields }, message);
  };
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    log.error({ file, reason: reasonOf(error) }, "this spool cannot be read: it is left alone");
  });
  if (text === undefined) return;
  const { finishes, broken, torn } = parseSpool(text);
  if (torn) log.warn({ file }, "the spool's last line breaks off: it was not kept yet when its process died");
  for (const line of broken) lose({ line }, "a line of the spool is broken: its result is lost");

  const ids = finishes.map(({ taskId }) => taskId);
  // Numbers come again in a database that was set back to a backup: then they are strangers' tasks.
  const own = new Set(await readTasksOf(pool, slot, ids));
  for (const id of ids) {
    if (!own.has(id))
      lose({ task: String(id) }, "that process had no such task: a result in its spool is lost");
  }
  const mine = finishes.filter(({ taskId }) => own.has(taskId));
  await applyAll(context, mine, lose);
  log.info({ file, results: finishes.length, lost }, "what a former process had in its spool is written");
  // What is lost is left for people to see.
  await (lost > 0 ? rename(file, `${file}.lost`) : rm(file, { force: true })).catch((error: unknown) => {
    log.warn({ file, reason: reasonOf(error) }, "the spool cannot be removed: the next start finds it again");
  });
}

/** In their order, but one row that a stranger holds locked does not keep the others back. */
async function applyAll(
  context: ReplayContext,
  finishes: Finish[],
  lose: (fields: object, message: string) => void,
): Promise<void> {
  const deadline = performance.now() + PATIENCE;
  const left = [...finishes];
  for (let finish = left.shift(); finish; finish = left.shift()) {
    try {
      await applyOne(context, finish, lose);
    } catch (error) {
      if (isConnectionError(error) || !isTransient(error) || performance.now() > deadline) throw error;
      left.push(finish);
      await sleep(PAUSE);
    }
  }
}

async function applyOne(
  context: ReplayContext,
  finish: Finish,
  lose: (fields: object, message: string) => void,
): Promise<void> {
  const task = String(finish.taskId);
  try {
    await applyFinish(context, finish, true);
    context.events.emit("eventReplayed", {});
  } catch (error) {
    if (error instanceof TaskEndedError) {
      context.log.warn(
        { task, status: error.status },
        "a kept result comes too late: its task was ended before",
      );
    } else if (error instanceof NotFoundError || isRefusal(error)) {
      lose({ task, reason: reasonOf(error) }, "the database refuses a kept result: it is lost");
    } else {
      throw error;
    }
  }
}
