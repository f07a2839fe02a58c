import { isChosen } from "../../variables.ts";
import { isText } from "./text-id.ts";

/**
 * The default of --task.pending-timeout (src/config/settings.ts; a test compares the two), for the database does not
 * know an exporter's settings: whoever sets another one changes it here, too. Only then do these rows and
 * `tts_db_tasks_stuck{cause="never_claimed"}` agree.
 */
export const PENDING_TIMEOUT = "interval '15 minutes'";

const LIMIT = 100;

/** An interval of SQL as a number. */
export const seconds = (interval: string) => `extract(epoch from ${interval})::float8`;

const NEVER_CLAIMED_SINCE = `created_at + ${PENDING_TIMEOUT}`;
const IS_NEVER_CLAIMED = `status = 'pending' and created_at < statement_timestamp() - ${PENDING_TIMEOUT}`;

/** Every task that hangs now: its id, and for which cause since when. As the exporter counts them. */
export const STUCK_TASKS = `
  select id, text_id, worker, cause, since from tts_monitor.overdue_tasks
  union all
  select id, text_id, worker, 'never_claimed', ${NEVER_CLAIMED_SINCE}
  from tts_monitor.tasks where ${IS_NEVER_CLAIMED}`;

const IS_CHOSEN = `${isChosen("worker", "worker")} and ${isText("text_id")}`;
const HAS_REASON_CHOSEN = isChosen("reason", "reason");
// Such tasks have none: where reasons are chosen, they are left out before anything is read.
const WITHOUT_REASON = isChosen("null::text", "reason");
const ALIVE = `${IS_CHOSEN} and ${WITHOUT_REASON}`;

/** Of a worker_states w, in seconds; a heartbeat may be newer than the query. */
export const HEARTBEAT_AGE = `case when w.worker is not null then greatest(0, ${seconds("w.heartbeat_age")}) end`;

const isAny = (...statuses: string[]) =>
  `(${statuses.map((status) => isChosen(`'${status}'`, "status")).join(" or ")})`;

/**
 * The rows that the page's variables ask for, what goes wrong first. Each arm reads its first rows from an index: one
 * order over all of them would sort every row of the page's time. Who asks for pending or processing tasks gets the
 * stuck ones among them, too.
 */
export const MATCHING_TASKS = `
with overdue as materialized (select id, text_id, worker, cause, since from tts_monitor.overdue_tasks),
matching as (
  (select id, 1 as place, ${seconds("statement_timestamp() - since")} as weight, cause
   from overdue where ${isAny("stuck", "processing")} and ${ALIVE}
   order by since limit ${LIMIT})
  union all
  (select id, 1, ${seconds(`statement_timestamp() - (${NEVER_CLAIMED_SINCE})`)}, 'never_claimed'
   from tts_monitor.tasks where ${IS_NEVER_CLAIMED} and ${isAny("stuck", "pending")} and ${ALIVE}
   order by created_at, id limit ${LIMIT})
  union all ${ended("failed", 2, HAS_REASON_CHOSEN)}
  union all ${ended("timeout", 2, HAS_REASON_CHOSEN)}
  union all
  (select id, 3, -${seconds("created_at")}, null
   from tts_monitor.tasks t
   where status = 'processing' and not exists (select from overdue o where o.id = t.id)
     and ${isAny("processing")} and ${ALIVE}
   order by created_at limit ${LIMIT})
  union all
  (select id, 4, -${seconds("created_at")}, null
   from tts_monitor.tasks
   where status = 'pending' and created_at >= statement_timestamp() - ${PENDING_TIMEOUT}
     and ${isAny("pending")} and ${ALIVE}
   order by created_at, id limit ${LIMIT})
  union all ${ended("completed", 5, WITHOUT_REASON)}
),
shown as (select id, place, weight, cause from matching order by place, weight desc, id desc limit ${LIMIT})
select
  t.text_id::text as "Text",
  case s.place when 1 then 'stuck' else t.status end as "Status",
  t.worker as "Worker",
  ${seconds("statement_timestamp() - t.created_at")} as "Age",
  ${HEARTBEAT_AGE} as "Heartbeat",
  case s.place when 1 then s.weight end as "Overdue by",
  t.finished_at as "Ended",
  coalesce(t.reason, s.cause) as "Reason",
  left(t.error_message, 200) as "Message"
from shown s
join tts_monitor.tasks t on t.id = s.id
left join tts_monitor.worker_states w on w.worker = t.worker
order by s.place, s.weight desc, s.id desc
limit ${LIMIT}`;

function ended(status: string, place: number, isReasonChosen: string): string {
  return `
  (select id, ${place}, ${seconds("finished_at")}, null
   from tts_monitor.tasks
   where status = '${status}' and $__timeFilter(finished_at) and ${isAny(status)}
     and ${isReasonChosen} and ${IS_CHOSEN}
   order by finished_at desc, id desc limit ${LIMIT})`;
}
