import { THRESHOLDS } from "../../../../prometheus/src/objectives.ts";
import { BAD, GOOD, MUTED, STATUS_COLOURS, WORKER_STATE_COLOURS } from "../../colours.ts";
import { linkTo } from "../../links.ts";
import { mapping, YES_NO } from "../../mappings.ts";
import type { PanelBuilder } from "../../panels/panel.ts";
import { stat } from "../../panels/stat.ts";
import { type MetricColumn, metricTable } from "../../panels/table.ts";
import { timeline } from "../../panels/timeline.ts";
import { ofProcesses, ofWorkers } from "../../selectors.ts";
import { scale } from "../../thresholds.ts";

const { expectedWorkers, silentSeconds, progressSeconds } = THRESHOLDS;

const HEARTBEAT_AGE = `max by (worker) (${ofWorkers("tts_db_worker_heartbeat_age_seconds")})`;
const PROGRESS_AGE = `time() - max by (worker) (${ofWorkers("tts_worker_last_progress_timestamp_seconds")})`;
const UP = `max by (worker) (${ofProcesses("up")})`;
const STARTED = ofWorkers("worker:process_start_time_seconds:max");

/** The worst that is true; only the database knows those that are not scraped. */
const STATE = `0 * (${HEARTBEAT_AGE} > ${silentSeconds}) + 2
or 0 * (${PROGRESS_AGE} > ${progressSeconds}) + 1
or 0 * ${HEARTBEAT_AGE}`;
const STATES = mapping({
  0: { text: "live", color: WORKER_STATE_COLOURS.live },
  1: { text: "wedged", color: STATUS_COLOURS.stuck },
  2: { text: "silent", color: WORKER_STATE_COLOURS.lost },
});

/** Sixteen names fit beside it. */
const TIMELINE = { width: 12, height: 10 } as const;

export function statePanels(): PanelBuilder[] {
  return [...counts(), workers(), stateTimeline(), answersTimeline()];
}

function counts(): PanelBuilder[] {
  const size = { width: 6, height: 3, unit: "short", decimals: 0 };
  const inState = (state: string) => [{ expr: `sum(tts:db_workers:max{state="${state}"})`, legend: state }];
  const unknown = "the exporter does not say";
  return [
    stat({
      ...size,
      title: "Live",
      description: `Workers whose heartbeats come and who take tasks; all of them, whichever are chosen above. Normal is at least what is expected, ${expectedWorkers}; below that follow TTSWorkersBelowExpected.`,
      noValue: unknown,
      queries: inState("live"),
      scale: scale(BAD, [expectedWorkers, GOOD]),
    }),
    stat({
      ...size,
      title: "Draining",
      description:
        "Workers that have said goodbye and finish what they run. Normal is 0, and for minutes a few in a deployment; one that stays so waits for a long task.",
      noValue: unknown,
      queries: inState("draining"),
      scale: scale(MUTED),
    }),
    stat({
      ...size,
      title: "Lost",
      description:
        "Workers that fell silent for longer than their heartbeat's timeout without a goodbye. Normal is 0; otherwise follow TTSWorkerLost, and click for the tasks that such workers left.",
      noValue: unknown,
      queries: inState("lost"),
      scale: scale(GOOD, [1, BAD]),
      valueLink: linkTo("Tasks of lost workers", ["tts-tasks", { reason: "worker_lost" }]),
    }),
    stat({
      ...size,
      title: "Do not answer",
      description:
        "Chosen workers that Prometheus knows and cannot scrape. Normal is 0; one whose heartbeats still come works, but nobody sees how: follow TTSWorkerDown.",
      noValue: "Prometheus knows no chosen worker",
      queries: [{ expr: `sum(1 - ${ofProcesses("up")})`, legend: "do not answer" }],
      scale: scale(GOOD, [1, BAD]),
    }),
  ];
}

const COLUMNS: readonly MetricColumn[] = [
  {
    title: "Worker",
    label: "worker",
    links: [linkTo("Its tasks", ["tts-tasks", { worker: "${__value.raw}" }])],
  },
  {
    title: "State",
    query: STATE,
    width: 90,
    mappings: [STATES],
    links: [linkTo("This worker alone", ["tts-workers", { worker: '${__data.fields["Worker"]}' }])],
  },
  { title: "Answers", query: UP, width: 95, mappings: [YES_NO] },
  {
    title: "Running",
    query: `sum by (worker) (${ofWorkers("tts_worker_tasks_active")})`,
    width: 95,
    unit: "short",
    decimals: 0,
  },
  {
    title: "Slots",
    query: `sum by (worker) (${ofWorkers("tts_worker_concurrency_limit")})`,
    width: 80,
    unit: "short",
    decimals: 0,
  },
  {
    title: "Heartbeat",
    query: HEARTBEAT_AGE,
    width: 110,
    unit: "s",
    decimals: 0,
    scale: scale(MUTED, [silentSeconds, BAD]),
  },
  {
    title: "Progress",
    query: PROGRESS_AGE,
    width: 105,
    unit: "s",
    decimals: 0,
    scale: scale(MUTED, [progressSeconds, BAD]),
  },
  { title: "Uptime", query: `time() - ${STARTED}`, width: 105, unit: "s", decimals: 1 },
  { title: "Restarts, 1 h", query: `changes(${STARTED}[1h])`, width: 120, unit: "short", decimals: 0 },
  {
    title: "Version",
    label: "version",
    query: `max by (worker, version) (${ofWorkers("tts_worker_info")})`,
    width: 95,
  },
];

function workers(): PanelBuilder {
  return metricTable({
    title: "Workers now",
    description: `Each worker as it is, the worst first. Normal is live, with a heartbeat and progress of seconds ago; silent means no heartbeat for ${silentSeconds} s (TTSWorkerLost), wedged no progress for ${progressSeconds} s (TTSWorkerWedged). A worker without an answer reports over HTTP, or is gone. Its name leads to its tasks, its state to this page of it alone.`,
    noValue: "the database knows no chosen worker",
    width: 24,
    height: 8,
    columns: COLUMNS,
    sortBy: { title: "State", descending: true },
  });
}

function stateTimeline(): PanelBuilder {
  return timeline({
    ...TIMELINE,
    title: "State",
    description: `Each worker over time: live, silent for more than ${silentSeconds} s, or wedged, without progress for more than ${progressSeconds} s. Normal is one colour from edge to edge; all silent at once is the database or the network, one alone is that worker (TTSWorkerLost). A line that ends in good order was a goodbye.`,
    noValue: "unknown",
    queries: [{ expr: STATE, legend: "{{worker}}" }],
    unit: "short",
    mappings: [STATES],
  });
}

function answersTimeline(): PanelBuilder {
  return timeline({
    ...TIMELINE,
    title: "Answers Prometheus",
    description:
      "Whether each worker's metrics could be scraped. Normal is yes from edge to edge; no beside a live state means that the worker works and nobody sees how (TTSWorkerDown). A gap: Prometheus was not told to scrape it, because it had gone, or its address.",
    noValue: "not scraped",
    queries: [{ expr: UP, legend: "{{worker}}" }],
    unit: "short",
    mappings: [YES_NO],
  });
}
