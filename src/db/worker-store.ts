import { beatPatience } from "../domain/patience.ts";
import type { Queryable } from "./pool.ts";

export interface WorkerRegistration {
  worker: string;
  /** host:port for Prometheus; null: not to be scraped */
  address: string | null;
  concurrencyLimit: number;
  /** ms of silence after which the worker counts as lost */
  heartbeatTimeout: number;
  version: string;
}

/** A slot name and the process that owns it. */
export interface Slot {
  worker: string;
  incarnation: bigint;
}

export interface TakenSlot extends Slot {
  /** seconds since the last sign of the slot's former process, where that may still live; null where it cannot */
  formerHeard: number | null;
}

/** Takes the slot name over, from whoever had it, and ends what its former process left running. */
export async function registerWorker(db: Queryable, me: WorkerRegistration): Promise<TakenSlot> {
  const { rows } = await db.query<Pick<TakenSlot, "incarnation" | "formerHeard">>(
    `with former as (
       select greatest(0, extract(epoch from heartbeat_age))::float8 as heard
       from tts_monitor.worker_states where worker = $1 and state = 'live'
     )
     insert into tts_monitor.workers (worker, address, concurrency_limit, heartbeat_timeout, version)
     values ($1, $2, $3, $4 * interval '1 millisecond', $5)
     on conflict (worker) do update set
       incarnation = excluded.incarnation, address = excluded.address,
       concurrency_limit = excluded.concurrency_limit, heartbeat_timeout = excluded.heartbeat_timeout,
       version = excluded.version, started_at = excluded.started_at, heartbeat_at = excluded.heartbeat_at,
       draining_at = null
     returning incarnation, (select heard from former) as "formerHeard"`,
    registered(me),
  );
  const [row] = rows;
  if (!row) throw new Error("insert … returning gave no row");
  const slot = { worker: me.worker, ...row };
  await endFormerTasks(db, slot);
  return slot;
}

function registered(me: WorkerRegistration): unknown[] {
  return [me.worker, me.address, me.concurrencyLimit, me.heartbeatTimeout, me.version];
}

/**
 * Ends what former processes of the slot left running. A row locked by a stranger is skipped: the sweeper ends it
 * later. Of two processes that register at once, only the one that owns the slot in the end may do this.
 */
export async function endFormerTasks(db: Queryable, { worker, incarnation }: Slot): Promise<void> {
  await db.query(
    `update tts_monitor.tasks set status = 'timeout', reason = 'worker_lost', finished_at = clock_timestamp()
     where id = any(array(
       select id from tts_monitor.tasks
       where status = 'processing' and worker = $1 and incarnation <> $2
       for update skip locked
     ))
     and exists (select from tts_monitor.workers where worker = $1 and incarnation = $2)`,
    [worker, incarnation],
  );
}

/**
 * A sign of life. A row that is gone comes back: a worker that was silent for so long that it was pruned has lost
 * its tasks, but not its name.
 * @returns false when the slot belongs to another process now
 */
export async function beat(db: Queryable, me: WorkerRegistration & Slot): Promise<boolean> {
  // Not a literal in the call: pg's types do not know `query_timeout` there (its documentation does).
  const statement = {
    text: `insert into tts_monitor.workers
         (worker, address, concurrency_limit, heartbeat_timeout, version, incarnation)
       values ($1, $2, $3, $4 * interval '1 millisecond', $5, $6)
       on conflict (worker) do update set
         heartbeat_at = clock_timestamp(), concurrency_limit = excluded.concurrency_limit
         where workers.incarnation = excluded.incarnation`,
    values: [...registered(me), me.incarnation],
    query_timeout: beatPatience(me.heartbeatTimeout),
  };
  const { rowCount } = await db.query<Record<string, never>>(statement);
  return rowCount === 1;
}

/** Counts that a process that lives has lost its slot name to another one: most likely both are meant to live. */
export async function recordSlotConflict(db: Queryable): Promise<void> {
  await db.query("insert into tts_monitor.task_deltas (event) values ('slot_conflict')");
}

/** Says goodbye: the worker starts nothing more and finishes what it runs. */
export async function beginDrain(db: Queryable, slot: Slot): Promise<void> {
  await db.query(
    `update tts_monitor.workers set draining_at = clock_timestamp(), heartbeat_at = clock_timestamp()
     where worker = $1 and incarnation = $2`,
    [slot.worker, slot.incarnation],
  );
}

/** Takes the worker off the list; one that ended in good order is not lost. */
export async function removeWorker(db: Queryable, slot: Slot): Promise<void> {
  await db.query("delete from tts_monitor.workers where worker = $1 and incarnation = $2", [
    slot.worker,
    slot.incarnation,
  ]);
}

/**
 * Workers to scrape. A lost one stays for ten minutes after its last heartbeat: dropped at once, its `up` series
 * would vanish with it, and no alert on `up == 0` could ever fire.
 */
export async function readScrapeTargets(db: Queryable): Promise<{ worker: string; address: string }[]> {
  const { rows } = await db.query<{ worker: string; address: string }>(
    `select worker, address from tts_monitor.worker_states
     where address is not null
       and (state <> 'lost' or heartbeat_at > clock_timestamp() - interval '10 minutes')
     order by worker`,
  );
  return rows;
}
