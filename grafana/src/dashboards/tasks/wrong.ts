import { linkTo } from "../../links.ts";
import type { PanelBuilder } from "../../panels/panel.ts";
import { series } from "../../panels/series.ts";
import { sqlTable } from "../../panels/table.ts";
import { isChosen } from "../../variables.ts";
import { agoColumn, REASON_COLUMN, STATUS_COLUMN, TEXT_COLUMN, WORKER_COLUMN } from "./columns.ts";
import { isText } from "./text-id.ts";

const NOTHING_WRONG = "no task failed or timed out in this time";

const OF_CHOSEN = `$__timeFilter(finished_at) and ${isChosen("worker", "worker")} and ${isText("text_id")}`;
const WENT_WRONG = `status in ('failed', 'timeout') and ${OF_CHOSEN}`;

export function failuresOverTime(): PanelBuilder {
  return series({
    title: "Failures by reason over time",
    description:
      "Tasks a minute that failed or timed out, on all workers, by reason. Normal is a few of invalid_input, which are the users' own; provider_* rising together is the provider, worker_lost a worker that died (TTSWorkerLost), deadline_exceeded a task that ran too long (TTSTaskTimeoutsHigh). It shows all workers and reasons whatever is chosen above.",
    noValue: "the exporter has not been read in this time",
    width: 10,
    height: 9,
    queries: [
      {
        expr: "60 * max by (reason) (rate(tts_db_task_failures_total[$__rate_interval]))",
        legend: "{{reason}}",
      },
    ],
    unit: "cpm",
    min: 0,
    stacked: true,
  });
}

export function failuresByReason(): PanelBuilder {
  return sqlTable({
    title: "Failures by reason",
    description:
      "The tasks of the chosen workers and text that failed or timed out in this time, by reason. Normal is few, and of several reasons; one reason that outweighs the others is the thing to mend. A click on it shows its tasks above.",
    noValue: NOTHING_WRONG,
    width: 14,
    height: 9,
    sql: `
select reason as "Reason", count(*) as "Tasks", count(*) / sum(count(*)) over () as "Share",
  count(distinct worker) as "Workers", max(finished_at) as "Newest"
from tts_monitor.tasks
where ${WENT_WRONG}
group by reason
order by count(*) desc, reason
limit 20`,
    columns: [
      {
        ...REASON_COLUMN,
        links: [linkTo("Its tasks", ["tts-tasks", { reason: "${__value.raw}&${worker:queryparam}" }])],
      },
      { title: "Tasks", unit: "locale", decimals: 0, width: 80 },
      { title: "Share", unit: "percentunit", decimals: 1, width: 80 },
      { title: "Workers", unit: "locale", decimals: 0, width: 80 },
      agoColumn("Newest"),
    ],
  });
}

export function timeoutsByWorker(): PanelBuilder {
  return sqlTable({
    title: "Timeouts by worker",
    description:
      "The tasks that timed out in this time, by worker: past their deadline, or lost with the worker. Normal is none, or few on all alike. Lost ones on one worker: it died or was silent, see TTSWorkerLost; tasks past their deadline on all: the provider hangs, see TTSTaskTimeoutsHigh.",
    noValue: "no task timed out in this time",
    width: 10,
    height: 9,
    sql: `
select worker as "Worker", count(*) as "Timeouts",
  count(*) filter (where reason = 'deadline_exceeded') as "Deadline",
  count(*) filter (where reason = 'worker_lost') as "Lost", max(finished_at) as "Newest"
from tts_monitor.tasks
where status = 'timeout' and ${OF_CHOSEN}
group by worker
order by count(*) desc, worker
limit 100`,
    columns: [
      WORKER_COLUMN,
      { title: "Timeouts", unit: "locale", decimals: 0, width: 78 },
      { title: "Deadline", unit: "locale", decimals: 0, width: 75 },
      { title: "Lost", unit: "locale", decimals: 0, width: 60 },
      agoColumn("Newest"),
    ],
  });
}

// So many texts are looked at, those with most failures first: the attempts of each are one step in an index.
const LOOKED_AT = 500;

export function retries(): PanelBuilder {
  return sqlTable({
    title: "Texts that were tried again",
    description: `Texts that failed or timed out in this time and had several attempts, by how often it went wrong; the status is that of the newest attempt. Normal is a second attempt that is completed. A text that fails again and again will not get better by itself: look at its messages, and do not retry it before the cause is gone. Looks at the ${LOOKED_AT} texts with most failures.`,
    noValue: "no text that failed in this time was tried again",
    width: 14,
    height: 9,
    sql: `
with gone_wrong as (
  select text_id, count(*) as times, max(finished_at) as newest
  from tts_monitor.tasks
  where ${WENT_WRONG}
  group by text_id
  order by count(*) desc, max(finished_at) desc
  limit ${LOOKED_AT}
)
select g.text_id::text as "Text", newest.status as "Status", attempts.n as "Attempts",
  g.times as "Went wrong", g.newest as "Last time", reason.reason as "Reason"
from gone_wrong g
cross join lateral (select count(*) as n from tts_monitor.tasks t where t.text_id = g.text_id) attempts
cross join lateral (
  select status from tts_monitor.tasks t where t.text_id = g.text_id order by id desc limit 1
) newest
cross join lateral (
  select reason from tts_monitor.tasks t
  where t.text_id = g.text_id and t.status in ('failed', 'timeout') order by id desc limit 1
) reason
where attempts.n > 1
order by g.times desc, attempts.n desc, g.newest desc
limit 50`,
    columns: [
      { ...TEXT_COLUMN, width: 76 },
      { ...STATUS_COLUMN, width: 90 },
      { title: "Attempts", unit: "locale", decimals: 0, width: 75 },
      { title: "Went wrong", unit: "locale", decimals: 0, width: 95 },
      agoColumn("Last time"),
      REASON_COLUMN,
    ],
  });
}
