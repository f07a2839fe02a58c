import { THRESHOLDS } from "../../../../prometheus/src/objectives.ts";
import { BAD, GOOD, NEUTRAL, STATUS_COLOURS, WARNING, WORKER_STATE_COLOURS } from "../../colours.ts";
import { linkTo } from "../../links.ts";
import type { PanelBuilder } from "../../panels/panel.ts";
import { series } from "../../panels/series.ts";
import { metricTable } from "../../panels/table.ts";
import { scale } from "../../thresholds.ts";
import { soundBelow } from "./sound.ts";
import { ofSamples, ofTime } from "./targets.ts";

const { scrapeSeconds, samples, stuckSeconds, sweepSeconds, jobSeconds } = THRESHOLDS;
const THIRD = { width: 8, height: 7 };

const SILENCE =
  "time() - max by (exported_job) (last_over_time(tts_monitor_job_last_success_timestamp_seconds[5m]))";
const ALLOWED_SILENCE = Object.entries({ sweep: sweepSeconds, ...jobSeconds })
  .map(([job, seconds]) => `label_replace(vector(${seconds}), "exported_job", "${job}", "", "")`)
  .join(" or ");
const OF_ALLOWED = `(${SILENCE}) / on (exported_job) (${ALLOWED_SILENCE})`;
const DELAYS = "tts_monitor_sweeper_detection_delay_seconds_bucket";

/** Does it do what it is there for? */
export function exporterPanels(): PanelBuilder[] {
  return [jobs(), silence(), detection(), swept(), costs(), requests(), overflows()];
}

function jobs(): PanelBuilder {
  const runs = (result: string) =>
    `sum by (exported_job) (increase(tts_monitor_job_runs_total{result="${result}"}[1h]))`;
  const duration = (part: string) =>
    `sum by (exported_job) (increase(tts_monitor_job_duration_seconds_${part}[1h]))`;
  return metricTable({
    title: "Background jobs",
    description:
      "Every exporter runs them all, and one success anywhere is enough. Normal is a last success well within what is allowed, and no errors; skipped means that the run before was still under way. The sweep beyond its limit is TTSSweeperStalled, any other job TTSJobFailing; the exporter's log says why.",
    noValue: "no exporter is scraped",
    width: 24,
    height: 6,
    columns: [
      { title: "Job", label: "exported_job" },
      { title: "Last success, ago", query: SILENCE, unit: "s", decimals: 0, width: 140 },
      { title: "Allowed", query: ALLOWED_SILENCE, unit: "s", decimals: 0, width: 95 },
      {
        title: "Of allowed",
        query: OF_ALLOWED,
        unit: "percentunit",
        decimals: 0,
        width: 115,
        scale: soundBelow(1),
      },
      { title: "Ok, 1 h", query: runs("ok"), unit: "none", decimals: 0, width: 95 },
      {
        title: "Errors, 1 h",
        query: runs("error"),
        unit: "none",
        decimals: 0,
        width: 110,
        scale: scale(GOOD, [1, BAD]),
      },
      { title: "Skipped, 1 h", query: runs("skipped"), unit: "none", decimals: 0, width: 120 },
      {
        title: "Mean run, 1 h",
        query: `${duration("sum")} / (${duration("count")} > 0)`,
        unit: "s",
        width: 130,
      },
    ],
    sortBy: { title: "Of allowed", descending: true },
  });
}

function silence(): PanelBuilder {
  return series({
    title: "Jobs' silence, of allowed",
    description:
      "The time since each job's last success on any exporter, as a share of what its alert allows. Normal is below 100 %: hourly audits climb to a third and fall. At 100 % TTSSweeperStalled pages for the sweep, TTSJobFailing comes for the others.",
    noValue: "no job has succeeded yet",
    ...THIRD,
    queries: [{ expr: OF_ALLOWED, legend: "{{exported_job}}" }],
    unit: "percentunit",
    decimals: 0,
    min: 0,
    softMax: 1,
    limits: scale(GOOD, [1, BAD]),
  });
}

function detection(): PanelBuilder {
  const quantile = (share: number) => `histogram_quantile(${share}, sum by (le) (increase(${DELAYS}[1h])))`;
  return series({
    title: "Sweeper's detection delay, 1 h",
    description: `How long tasks were overdue before the sweeper ended them: half of them and 99 % of them within the hour. Normal is below an interval of the sweep, 5 seconds; over ${stuckSeconds} s a task counts as stuck (TTSTaskStuck): see whether the sweep succeeds, and whether somebody holds locks (TTSSweeperStalled).`,
    noValue: "the sweeper ended nothing within the hour",
    ...THIRD,
    queries: [
      { expr: quantile(0.5), legend: "p50" },
      { expr: quantile(0.99), legend: "p99" },
    ],
    unit: "s",
    min: 0,
    colours: { p50: NEUTRAL, p99: WARNING },
    limits: scale(GOOD, [stuckSeconds, BAD]),
  });
}

function swept(): PanelBuilder {
  return series({
    title: "Ended by the sweeper",
    description:
      "Tasks a minute that no worker ended in time: their deadline had passed, or their worker was lost. Normal is near 0, for workers end their own overdue tasks; lost workers stand on the page of workers.",
    noValue: "no exporter is scraped",
    ...THIRD,
    queries: [
      {
        expr: "60 * sum by (reason) (rate(tts_monitor_sweeper_tasks_total[$__rate_interval]))",
        legend: "{{reason}}",
      },
    ],
    link: linkTo("Tasks in timeout", ["tts-tasks", { status: "timeout" }]),
    unit: "cpm",
    min: 0,
    softMax: 1,
    stacked: true,
    colours: { deadline_exceeded: STATUS_COLOURS.timeout, worker_lost: WORKER_STATE_COLOURS.lost },
  });
}

function costs(): PanelBuilder {
  return series({
    title: "Scrapes, of allowed",
    description: `The slowest scrape (mean of 5 m) and the most samples of a target of each job, as shares of what is allowed: ${scrapeSeconds.exporter} s and ${samples.exporter} samples for an exporter, ${scrapeSeconds.worker} s and ${samples.worker} samples for a worker. Normal is a few percent, and samples that grow only with workers; from 100 % on TTSScrapeSlow or TTSSeriesBudget open a ticket. The table of targets names the target.`,
    noValue: "nothing is scraped",
    ...THIRD,
    queries: [
      { expr: `max by (job) (${ofTime()})`, legend: "time (5 m), {{job}}" },
      { expr: `max by (job) (${ofSamples()})`, legend: "samples, {{job}}" },
    ],
    unit: "percentunit",
    decimals: 0,
    min: 0,
    softMax: 1,
    limits: scale(GOOD, [1, WARNING]),
  });
}

function requests(): PanelBuilder {
  const all = "tts_monitor_http_request_duration_seconds_count";
  const rate = (selector: string) => `sum(rate(${all}${selector}[$__rate_interval]))`;
  // A code that has not come yet has no series.
  const answered = (codes: string) => `60 * (${rate(`{code=~"${codes}"}`)} or 0 * ${rate("")})`;
  return series({
    title: "HTTP requests by answer",
    description:
      "Requests a minute to all exporters, scrapes and discovery among them. Normal is nearly all answered; refused ones (4xx) are the clients' faults, logins and unknown texts; failed ones (5xx) are ours: 503 means without the database, anything else stands in the exporter's log.",
    noValue: "no exporter is scraped",
    ...THIRD,
    queries: [
      { expr: answered("[23].."), legend: "answered" },
      { expr: answered("4.."), legend: "refused (4xx)" },
      { expr: answered("5.."), legend: "failed (5xx)" },
    ],
    unit: "cpm",
    min: 0,
    colours: { answered: GOOD, "refused (4xx)": WARNING, "failed (5xx)": BAD },
  });
}

function overflows(): PanelBuilder {
  return series({
    title: "Label overflows in 15 m",
    description:
      "Values outside a label's closed list, which were taken for `other` so that no series was added. Normal is 0; more opens a ticket (TTSSeriesBudget): somebody reports failures with a reason that is not in the list, and why tasks fail is lost.",
    noValue: "no exporter is scraped",
    ...THIRD,
    queries: [
      {
        expr: "max by (instance, label) (increase(tts_monitor_label_overflow_total[15m]))",
        legend: "{{label}} · {{instance}}",
      },
    ],
    unit: "short",
    decimals: 0,
    min: 0,
    softMax: 2,
    limits: scale(GOOD, [1, WARNING]),
  });
}
