// What the statements on tasks share, as SQL.

// A pending task belongs to the process that waits with it for a slot; when that is gone, to whoever comes.
export const OWNERLESS = `not exists (
  select from tts_monitor.worker_states w
  where w.worker = t.worker and w.incarnation = t.incarnation and w.state <> 'lost'
)`;

export const WAITED = "greatest(0, extract(epoch from started_at - created_at))::float8 as waited";
export const TOOK = "greatest(0, extract(epoch from finished_at - started_at))::float8 as took";

// Parameters as SQL: `$1`.
export const completedWithin = (hash: string, window: string) =>
  `content_hash = ${hash} and status = 'completed'
     and finished_at > clock_timestamp() - ${window} * interval '1 millisecond'`;
