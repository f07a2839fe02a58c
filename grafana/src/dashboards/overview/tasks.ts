import { BUDGET_WINDOW, OBJECTIVES } from "../../../../prometheus/src/objectives.ts";
import { NEUTRAL, STATUS_COLOURS } from "../../colours.ts";
import { linkTo } from "../../links.ts";
import { heatmap } from "../../panels/heatmap.ts";
import type { PanelBuilder } from "../../panels/panel.ts";
import { series } from "../../panels/series.ts";
import { NO_NUMBERS, NOTHING_ENDED } from "./no-values.ts";
import { PROMISED, TASK_SUCCESS } from "./success.ts";

const SIZE = { width: 12, height: 8 };
const P95 = 0.95;
const DURATIONS = { "duration p50": 0.5, "duration p95": P95, "duration p99": 0.99 };

/** Rate, errors and duration. */
export function tasks(): PanelBuilder[] {
  return [traffic(), successRatio(), latency(), durations()];
}

function traffic(): PanelBuilder {
  return series({
    ...SIZE,
    title: "Created against finished",
    description:
      "Tasks recorded (the line) and tasks ended by outcome (the stack), a minute, over five minutes. Normal is a line on top of a green stack; a line above it means that the queue grows (TTSQueueBacklogGrowing), red or orange that tasks end badly: click for the rows.",
    noValue: NO_NUMBERS,
    queries: [
      { expr: "60 * tts:tasks_finished:rate5m", legend: "{{outcome}}" },
      { expr: "60 * tts:tasks_created:rate5m", legend: "created" },
    ],
    unit: "cpm",
    min: 0,
    stacked: true,
    unstacked: ["created"],
    colours: {
      completed: STATUS_COLOURS.completed,
      failed: STATUS_COLOURS.failed,
      timeout: STATUS_COLOURS.timeout,
      created: NEUTRAL,
    },
    link: linkTo("Failed tasks", ["tts-tasks", { status: "failed" }]),
  });
}

function successRatio(): PanelBuilder {
  const { objective } = OBJECTIVES.task_success;
  return series({
    ...SIZE,
    title: "Success ratio",
    description: `The share of ended tasks that completed, over five minutes and over an hour; the dashed line is the promise of ${100 * objective} % over ${BUDGET_WINDOW}. Normal is above it; where the hour is below too, it is no hiccup: TTSErrorBudgetBurn.`,
    noValue: NOTHING_ENDED,
    queries: ["5m", "1h"].map((window) => ({
      expr: `1 - tts:slo_errors:ratio_increase${window}{${TASK_SUCCESS}}`,
      legend: window,
    })),
    unit: "percentunit",
    max: 1,
    colours: { "5m": "light-blue", "1h": "dark-blue" },
    limits: PROMISED,
    link: linkTo("Objective", ["tts-slo", { slo: "task_success" }]),
  });
}

function latency(): PanelBuilder {
  const wait = "queue wait p95";
  return series({
    ...SIZE,
    title: "Time to complete, and to wait",
    description:
      "From start to end of completed tasks, and from record to start, over five minutes. Normal is flat. If durations rise, the speech provider or the worker is slow; if only the wait does, slots are missing: TTSConcurrencySaturated.",
    noValue: NOTHING_ENDED,
    queries: [
      ...Object.entries(DURATIONS).map(([name, quantile]) => ({
        expr: `tts:task_duration_seconds:quantile5m{quantile="${quantile}"}`,
        legend: name,
      })),
      { expr: `tts:task_queue_wait_seconds:quantile5m{quantile="${P95}"}`, legend: wait },
    ],
    unit: "s",
    min: 0,
    colours: {
      "duration p50": "light-blue",
      "duration p95": NEUTRAL,
      "duration p99": "dark-blue",
      [wait]: STATUS_COLOURS.pending,
    },
  });
}

function durations(): PanelBuilder {
  return heatmap({
    ...SIZE,
    title: "Durations",
    description:
      "How many tasks a minute took how long from start to end, whatever their outcome; darker is more. Normal is one band; a second one far above it is often a provider that hangs until the timeout: see the timeouts on the page of tasks.",
    noValue: NOTHING_ENDED,
    expr: "60 * sum by (le) (rate(tts:db_task_duration_seconds_bucket:max[$__rate_interval]))",
    unit: "s",
  });
}
