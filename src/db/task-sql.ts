// What the statements on tasks share, as SQL.

// Statistics mostly know of no task that is pending or processing: an index of those is then the cheapest way to any
// task, whatever else is asked for, and a statement walks through them all (docs/adr/0023-found-by-key.md).
// The status of a task that is found by its key, for a guard: an expression, which fits no such index.
export const STATUS = "status || ''";

export const ALIVE = "status in ('pending', 'processing')";

// A pending task belongs to the process that waits with it for a slot; when that is gone, to whoever comes. With
// `offset 0` it is asked of each task by itself, in the order of the queue, until one is found: never of all at once.
export const OWNERLESS = `not exists (
  select from tts_monitor.worker_states w
  where w.worker = t.worker and w.incarnation = t.incarnation and w.state <> 'lost'
  offset 0
)`;

export const WAITED = "greatest(0, extract(epoch from started_at - created_at))::float8 as waited";
export const TOOK = "greatest(0, extract(epoch from finished_at - started_at))::float8 as took";

// Parameters as SQL: `$1`.
export const pendingOf = (hash: string) => `content_hash = ${hash} and ${ALIVE} and ${STATUS} = 'pending'`;
export const completedWithin = (hash: string, window: string) =>
  `content_hash = ${hash} and status = 'completed'
     and finished_at > clock_timestamp() - ${window} * interval '1 millisecond'`;

/** Of a task t, for `TaskRow`. */
export const TASK_COLUMNS = `
  t.id as "taskId", t.text_id as "textId", t.status, t.reason, t.error_message as "errorMessage",
  t.audio_url as "audioUrl", t.filename,
  extract(epoch from t.started_at)::float8 as "startTime",
  extract(epoch from t.finished_at)::float8 as "completedTime",
  case when t.started_at is not null then greatest(0, extract(epoch from
    coalesce(t.finished_at, clock_timestamp()) - t.started_at)) end::float8 as duration`;

/** The id of a text's newest task, its own or one that it follows, whichever it came to last. */
export const NEWEST_TASK = (text: string) => `
  select known.id
  from (
    (select id, created_at as since from tts_monitor.tasks where text_id = ${text} order by id desc limit 1)
    union all
    (select task_id, followed_at from tts_monitor.followers where text_id = ${text}
     order by followed_at desc, task_id desc limit 1)
  ) known
  order by known.since desc, known.id desc limit 1`;

/** Whether a text has this part, in any case and without wildcards. */
export const contains = (text: string, part: string) => `position(lower(${part}) in lower(${text})) > 0`;
