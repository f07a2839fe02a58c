import type { Queryable } from "./pool.ts";
import { STATUS } from "./task-sql.ts";
import { endFormerTasks, type Slot } from "./worker-store.ts";

// Workers that report over the API. There is no library of ours in them, so their rows have no version: that is their
// mark. They have no session and no goodbye, so a row stands only while its worker runs something: one that is idle
// is silent without being lost. The functions here belong into a transaction, and take a worker's row before its tasks'.

export interface RemoteWorker {
  worker: string;
  /** tasks that it says it runs at once */
  concurrencyLimit: number;
  /** ms of silence after which it counts as lost */
  heartbeatTimeout: number;
}

/**
 * Lists the worker, or renews its heartbeat. A lost process of the library gives its name up, and what it left
 * running ends.
 * @returns undefined where the name belongs to a process of the library that lives
 */
export async function enlist(db: Queryable, me: RemoteWorker): Promise<Slot | undefined> {
  // Whoever holds the row goes first; the next statement then sees what has become of it.
  await db.query("select from tts_monitor.workers where worker = $1 for update", [me.worker]);
  const { rows } = await db.query<Slot>(
    `insert into tts_monitor.workers (worker, concurrency_limit, heartbeat_timeout)
     values ($1, $2, $3 * interval '1 millisecond')
     on conflict (worker) do update set
       incarnation = case when workers.version is null then workers.incarnation else excluded.incarnation end,
       started_at = case when workers.version is null then workers.started_at else excluded.started_at end,
       concurrency_limit = excluded.concurrency_limit, heartbeat_timeout = excluded.heartbeat_timeout,
       heartbeat_at = excluded.heartbeat_at, address = null, version = null, draining_at = null
     where workers.version is null
       or workers.worker in (select worker from tts_monitor.worker_states where state = 'lost')
     returning worker, incarnation`,
    [me.worker, me.concurrencyLimit, me.heartbeatTimeout],
  );
  const [slot] = rows;
  if (slot) await endFormerTasks(db, slot);
  return slot;
}

/**
 * Renews the heartbeat of the worker that runs this task. A row that is gone comes back.
 * @param heartbeatTimeout ms, for a row that comes back
 * @returns false where the task does not run, or not on the process that has the name, or that is the library's
 */
export async function renew(db: Queryable, taskId: bigint, heartbeatTimeout: number): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into tts_monitor.workers (worker, incarnation, concurrency_limit, heartbeat_timeout)
     select worker, incarnation, 1, $2 * interval '1 millisecond' from tts_monitor.tasks
     where id = $1 and ${STATUS} = 'processing' and worker is not null and incarnation is not null
     on conflict (worker) do update set heartbeat_at = excluded.heartbeat_at
       where workers.version is null and workers.incarnation = excluded.incarnation`,
    [taskId, heartbeatTimeout],
  );
  return rowCount === 1;
}

/** Locks the row of the worker that runs or ran this task, if that reports over the API and is listed. */
export async function lockRemoteWorkerOf(db: Queryable, taskId: bigint): Promise<Slot | undefined> {
  const { rows } = await db.query<Slot>(
    `select w.worker, w.incarnation from tts_monitor.workers w
     join tts_monitor.tasks t on t.worker = w.worker and t.incarnation = w.incarnation
     where t.id = $1 and w.version is null for update of w`,
    [taskId],
  );
  return rows[0];
}

/** Takes the worker, whose row is locked, off the list if it runs nothing. */
export async function removeIfIdle(db: Queryable, slot: Slot): Promise<void> {
  await db.query(
    `delete from tts_monitor.workers w
     where worker = $1 and incarnation = $2 and version is null and not exists (
       select from tts_monitor.tasks t
       where t.status = 'processing' and t.worker = w.worker and t.incarnation = w.incarnation
     )`,
    [slot.worker, slot.incarnation],
  );
}
