import type pg from "pg";
import { disownForgotten, endForgotten } from "../db/forgotten-store.ts";
import { isTransient } from "../db/sqlstate.ts";
import type { Slot } from "../db/worker-store.ts";
import type { Logger } from "../logger.ts";

export interface ForgottenTasks {
  /** An answer of the database was lost: a task may be ours that we do not know. */
  suspect(): void;
  /** Looks for such tasks while there is a suspicion; to be called while the database answers. Never rejects. */
  look(): Promise<void>;
}

// Counted from the first look that succeeded: longer than a task must be unknown to count as forgotten.
const SUSPICION_LASTS = 30_000;

/** Sets free what lost answers have left to this process, which would block its content for as long as we live. */
export function createForgottenTasks(
  pool: pg.Pool,
  slot: Slot,
  known: () => bigint[],
  log: Logger,
): ForgottenTasks {
  let suspected = false;
  let firstLook: number | undefined;
  let looking = false;

  async function look(): Promise<void> {
    const disowned = await disownForgotten(pool, slot, known());
    const ended = await endForgotten(pool, slot, known());
    if (disowned + ended > 0) log.warn({ disowned, ended }, "tasks whose answers were lost are set free");
    firstLook ??= performance.now();
    if (performance.now() - firstLook > SUSPICION_LASTS) suspected = false;
  }

  return {
    suspect() {
      suspected = true;
      firstLook = undefined;
    },
    async look() {
      if (!suspected || looking) return;
      looking = true;
      try {
        await look();
      } catch (error) {
        if (!isTransient(error)) log.warn({ err: error }, "lost answers cannot be looked after");
      } finally {
        looking = false;
      }
    },
  };
}
