import { expect, it } from "vitest";
import type { ProvenLint } from "../support/dashboards/lint.ts";
import * as chosen from "../support/dashboards/lints/chosen.ts";
import * as labels from "../support/dashboards/lints/labels.ts";
import * as legends from "../support/dashboards/lints/legends.ts";
import * as promql from "../support/dashboards/lints/promql.ts";
import * as lints from "../support/dashboards/lints/sql.ts";
import { comparisons } from "../support/dashboards/lints/thresholds.ts";
import { windows } from "../support/dashboards/lints/windows.ts";
import { describeLints } from "../support/dashboards/prove.ts";
import { promqlOf, sqlOf } from "../support/dashboards/queries.ts";
import { BOARDS } from "../support/dashboards/read.ts";
import { annotated, query, sql, variable } from "../support/dashboards/sound-board.ts";

const queries = (...texts: string[]) => texts.map((text) => query(text));
const statements = (...texts: string[]) => texts.map(sql);
const ROWS = "select id from tts_monitor.tasks where $__timeFilter(created_at)";

const OF_PROMQL: ProvenLint[] = [
  {
    claim: "asks what Prometheus 3 parses, in panels, annotations and variables",
    lint: promql.parses,
    broken: [
      query("sum(up"),
      annotated(0, "sum(up"),
      variable("worker", { query: "label_values(up{, worker)" }),
    ],
  },
  {
    claim: "reads metrics that are there, and matches labels that they have",
    lint: promql.exists,
    broken: [
      ...queries("tts_nothing", 'up{status="x"}', 'tts:db_tasks:max{outcome="x"}'),
      annotated(1, "tts_nothing"),
    ],
  },
  {
    claim: "asks for values of labels that the metric has",
    lint: labels.labelValues,
    broken: [variable("worker", { query: "label_values(tts:workers_up:sum, worker)" })],
  },
  {
    claim: "groups by labels that are there",
    lint: labels.grouped,
    broken: [...queries("sum by (status) (up)"), annotated(1, "max by (version) (up)")],
  },
  {
    claim: "joins on labels that both sides have",
    lint: labels.joined,
    broken: queries("up * on (instance) sum(up)", "sum(up) and on (job) up"),
  },
  {
    claim: "names in legends labels that the series have",
    lint: legends.labels,
    broken: [
      query("tts:db_tasks:max", { legendFormat: "{{outcome}}" }),
      query("sum(up)", { legendFormat: "{{job}}" }),
    ],
  },
  {
    claim: "names in annotations labels that the series have",
    lint: legends.labelsOfAnnotations,
    broken: [annotated(1, "sum(up)", { titleFormat: "{{job}}" })],
  },
  {
    claim: "gives each query a legend",
    lint: legends.named,
    broken: [query("up", { legendFormat: "__auto" }), query("up", { legendFormat: undefined })],
  },
  {
    claim: "gives no two series one name",
    lint: legends.apart,
    broken: [
      query("up", { legendFormat: "up" }),
      query('max by (worker, job) (up{job="tts-worker"})', { legendFormat: "up" }),
    ],
  },
  {
    claim: "takes rates of counters and slopes of gauges only",
    lint: promql.rates,
    broken: queries("rate(up[5m])", "increase(tts_db_tasks[1h])", "deriv(tts_monitor_scrapes_total[5m])"),
  },
  {
    claim: "shows no counter since an unknown restart",
    lint: promql.counters,
    broken: queries(
      "sum(tts_monitor_scrapes_total)",
      "sum(tts:db_tasks_finished:max)",
      "sum(tts_worker_task_duration_seconds_sum) / sum(tts_worker_task_duration_seconds_count)",
      "max_over_time(tts_monitor_scrapes_total[5m])",
    ),
  },
  {
    claim: "takes rates over $__rate_interval, and says every other window",
    lint: windows,
    broken: queries(
      "rate(tts_monitor_scrapes_total[5m])",
      "rate(tts_monitor_scrapes_total[$__interval])",
      "increase(tts_monitor_scrapes_total[$__interval])",
      "rate(tts_monitor_scrapes_total[$__range])",
      "increase(tts_monitor_scrapes_total[1h])",
      "max_over_time(up[10m])",
    ),
  },
  {
    claim: "sees four samples of a recorded series in $__rate_interval",
    lint: promql.steps,
    broken: queries("sum(rate(tts:db_tasks_finished:max[$__rate_interval]))"),
  },
  {
    claim: "compares with the numbers that alerts compare with",
    lint: comparisons,
    broken: queries(
      "tts:db_oldest_pending_age_seconds:max > 100",
      "time() - max(tts_db_snapshot_timestamp_seconds) < bool 7",
    ),
  },
  {
    claim: "takes no irate",
    lint: promql.irates,
    broken: queries("irate(tts_monitor_scrapes_total[5m])"),
  },
  {
    claim: "takes no topk over a range",
    lint: promql.topOverRanges,
    broken: queries("topk(3, up)", "sum(bottomk(3, up))"),
  },
  { claim: "has no subquery", lint: promql.subqueries, broken: queries("max_over_time(sum(up)[1h:1m])") },
  {
    claim: "takes the replicas' figures of the database together, never their sum",
    lint: promql.replicas,
    broken: queries("tts_db_workers", "sum(tts_db_workers)", "sum(max by (state) (tts_db_workers))"),
  },
  {
    claim: "reads what is recorded rather than working it out again",
    lint: promql.recorded,
    broken: queries("max by (status) (tts_db_tasks)", "max(rate(tts_db_tasks_created_total[5m]))"),
  },
  {
    claim: "matches no bucket by a whole number",
    lint: promql.buckets,
    broken: queries('tts_worker_task_duration_seconds_bucket{le="5"}'),
  },
  {
    claim: "asks for jobs of prometheus.yml, and says whose process it means",
    lint: promql.jobs,
    broken: queries('up{job="tts-workers"}', 'up{job=~"tts-worker|tts"}', "process_open_fds"),
  },
  {
    claim: "shows the chosen workers only, where they can be chosen",
    lint: chosen.chosenWorkers,
    broken: queries(
      "tts_worker_tasks_active",
      'tts_worker_tasks_active{worker="$worker"}',
      'tts_worker_tasks_active{worker=~".*"}',
      'process_open_fds{job="tts-worker"}',
      "max by (worker) (tts_db_worker_heartbeat_age_seconds)",
      "instance:tts_worker_concurrency:ratio",
    ),
  },
  {
    claim: "reads several values of a variable as alternatives",
    lint: chosen.severalValues,
    broken: [
      ...queries('up{worker="$worker"}', 'up{worker!="$worker"}'),
      variable("worker", { allValue: "'*'" }),
    ],
  },
];

const OF_SQL: ProvenLint[] = [
  {
    claim: "asks PostgreSQL one SELECT each",
    lint: lints.oneSelect,
    broken: statements(
      "delete from tts_monitor.tasks",
      "with gone as (delete from tts_monitor.tasks returning id) select id from gone limit 1",
      "select 1 limit 1; select 2 limit 1",
      "select pg_sleep(9) limit 1",
      "select id from tts_monitor.tasks for update",
    ),
  },
  {
    claim: "asks for a limited number of rows",
    lint: lints.limited,
    broken: statements(ROWS, `select id from (${ROWS} limit 5) t`),
  },
  {
    claim: "reads rows by time or key, or only what is alive or few",
    lint: lints.bounded,
    broken: statements(
      "select id from tts_monitor.tasks limit 1",
      "select worker from tts_monitor.workers join tts_monitor.tasks using (worker) where status = 'failed' limit 1",
      "select id from tts_monitor.tasks where ('' = ${text_id:sqlstring} or text_id = 1) limit 1",
      "select id from tts_monitor.tasks t where exists (select from tts_monitor.followers where task_id = 1) limit 1",
      "select id from tts_monitor.tasks union select id from tts_monitor.tasks where id = 1 limit 1",
      "with all_of_it as (select id from tts_monitor.tasks) select id from all_of_it where id = 1 limit 1",
    ),
  },
  {
    claim: "names relations of our schema in full",
    lint: lints.fullNames,
    broken: statements("select id from tasks limit 1", "select id from tts_monitor.task limit 1"),
  },
  {
    claim: "selects columns by name, and never what the texts say",
    lint: lints.columns,
    broken: statements(
      "select * from tts_monitor.tasks",
      "select t.* from tts_monitor.tasks t",
      "select content from tts_texts",
    ),
  },
  {
    claim: "quotes variables by :sqlstring, and several values as a list",
    lint: lints.quoted,
    broken: statements(
      `${ROWS} and worker = '$worker' limit 1`,
      `${ROWS} and worker in (\${worker}) limit 1`,
      `${ROWS} and worker in (\${worker:csv}) limit 1`,
      `${ROWS} and worker in ('\${worker:sqlstring}') limit 1`,
      `${ROWS} and worker = \${worker:sqlstring} limit 1`,
    ),
  },
];

describeLints([...OF_PROMQL, ...OF_SQL]);

it("there are queries to both data sources", () => {
  expect(BOARDS.flatMap(promqlOf).length).toBeGreaterThan(50);
  expect(BOARDS.flatMap(sqlOf).length).toBeGreaterThan(5);
});
