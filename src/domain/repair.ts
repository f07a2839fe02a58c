import { recordOf } from "./record-of.ts";
import { OUTCOMES, type Outcome, type Status } from "./task.ts";

/** What must be booked on top, so that the ledger comes to the rows; never less than 0. */
export interface Repair {
  created: number;
  started: number;
  /** ended tasks whose rows are there */
  ended: Record<Outcome, number>;
  /** tasks whose rows went before their end: ended, nobody knows how, and deleted */
  vanished: number;
  /** ended tasks whose rows went without a note */
  deleted: Record<Outcome, number>;
}

/**
 * The smallest bookings after which every gauge equals its rows. A counter never falls, so what is booked too much
 * stays, and the steps that lead out of it are booked too: a pending task that is not there was started, ended and
 * deleted.
 * @param missing rows minus ledger, by status
 */
export function planRepair(missing: Readonly<Record<Status, number>>): Repair {
  const ended = recordOf(OUTCOMES, (outcome) => Math.max(0, missing[outcome]));
  const seen = ended.completed + ended.failed + ended.timeout;
  // pending = created - started, and processing = started - all ends.
  const { pending, processing } = missing;
  const created = Math.max(0, pending, pending + processing + seen);
  const started = created - pending;
  return {
    created,
    started,
    ended,
    vanished: started - processing - seen,
    deleted: recordOf(OUTCOMES, (outcome) => Math.max(0, -missing[outcome])),
  };
}
