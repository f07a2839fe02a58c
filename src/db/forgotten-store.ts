import type { Queryable } from "./pool.ts";
import type { Slot } from "./worker-store.ts";

// A statement may take effect although its answer is lost, even long after its client has given up: a frozen
// server executes it when it thaws. What it recorded then belongs to a process that does not know of it.

// No process waits this long for an answer (src/worker/lifecycle.ts): what is older and unknown is forgotten.
const FORGOTTEN_AFTER = "interval '10 seconds'";

/**
 * Frees the pending tasks of this process that it does not wait with, for whoever comes.
 * @param known ids of all tasks that the process knows of
 * @returns how many
 */
export async function disownForgotten(db: Queryable, slot: Slot, known: readonly bigint[]): Promise<number> {
  const { rowCount } = await db.query(
    `update tts_monitor.tasks set worker = null, incarnation = null, ready_at = null
     where status = 'pending' and worker = $1 and incarnation = $2 and id <> all($3::bigint[])
       and created_at < clock_timestamp() - ${FORGOTTEN_AFTER}`,
    [slot.worker, slot.incarnation, known],
  );
  return rowCount ?? 0;
}

/** Ends the started tasks of this process that it does not run: nobody else would before their deadline. */
export async function endForgotten(db: Queryable, slot: Slot, known: readonly bigint[]): Promise<number> {
  const { rowCount } = await db.query(
    `update tts_monitor.tasks set status = 'failed', reason = 'internal', finished_at = clock_timestamp(),
       error_message = 'the worker never learned that this task had started'
     where status = 'processing' and worker = $1 and incarnation = $2 and id <> all($3::bigint[])
       and started_at < clock_timestamp() - ${FORGOTTEN_AFTER}`,
    [slot.worker, slot.incarnation, known],
  );
  return rowCount ?? 0;
}
