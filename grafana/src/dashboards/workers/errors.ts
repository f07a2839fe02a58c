import { THRESHOLDS } from "../../../../prometheus/src/objectives.ts";
import { BAD, GOOD, STATUS_COLOURS, WARNING } from "../../colours.ts";
import type { PanelBuilder } from "../../panels/panel.ts";
import { series } from "../../panels/series.ts";
import { ofWorkers } from "../../selectors.ts";
import { scale } from "../../thresholds.ts";
import { FAILED_TASKS, HALF, linePerWorker, NO_WORKER } from "./per-worker.ts";

const { restarts, lateWrites } = THRESHOLDS;

export function errorPanels(): PanelBuilder[] {
  return [...results(), ...writes(), ...processes()];
}

/** A minute, by the label. */
function perMinute(label: string, metric: string): string {
  return `60 * sum by (${label}) (rate(${metric}[$__rate_interval]))`;
}

function results(): PanelBuilder[] {
  const shared = { ...HALF, noValue: NO_WORKER, unit: "cpm", min: 0, stacked: true };
  return [
    series({
      ...shared,
      title: "Finished, by outcome",
      description:
        "Tasks that the chosen workers ended, a minute. Normal is green with thin red; when red or orange grows, see beside whose they are, below why, and on the page of tasks which.",
      queries: [
        { expr: perMinute("outcome", ofWorkers("tts_worker_tasks_finished_total")), legend: "{{outcome}}" },
      ],
      colours: {
        completed: STATUS_COLOURS.completed,
        failed: STATUS_COLOURS.failed,
        timeout: STATUS_COLOURS.timeout,
      },
    }),
    linePerWorker({
      title: "Not completed, by worker",
      description:
        "Tasks that each worker ended as failed or timeout, a minute. Normal is low and alike for all; one line above the others is that worker, its machine or its version, all of them together are the provider. Click for its failed tasks.",
      expr: perMinute("worker", ofWorkers("tts_worker_tasks_finished_total", ', outcome!="completed"')),
      unit: "cpm",
      to: FAILED_TASKS,
    }),
    series({
      ...shared,
      title: "Not completed, by reason",
      description:
        "Why the chosen workers ended tasks badly, a minute. Normal is thin; provider_* is the speech service, storage_error where the audio goes, invalid_* the text or what came back, deadline_exceeded work that took too long.",
      queries: [
        { expr: perMinute("reason", ofWorkers("tts_worker_task_failures_total")), legend: "{{reason}}" },
      ],
      colourByName: true,
    }),
  ];
}

function writes(): PanelBuilder[] {
  const lost = ofWorkers("tts_worker_events_lost_total");
  return [
    series({
      ...HALF,
      title: "Late writes, 15 min",
      description: `Writes of the chosen workers that came after their task had ended, so that the work was for nothing; in 15 minutes, by what was written. Normal is 0; more than ${lateWrites} reports of all workers together are TTSLateWrites.`,
      noValue: NO_WORKER,
      queries: [
        {
          expr: `sum by (operation) (increase(${ofWorkers("tts_worker_late_writes_total")}[15m]))`,
          legend: "{{operation}}",
        },
      ],
      unit: "short",
      decimals: 0,
      min: 0,
      softMax: lateWrites,
      colourByName: true,
      limits: scale(GOOD, [lateWrites, WARNING]),
    }),
    linePerWorker({
      title: "Failed heartbeats, 15 min",
      description:
        "Heartbeats of each worker that the database did not take, in 15 minutes. Normal is 0; all workers at once is the database (TTSDatabaseDown), one alone is its network, and after enough of them it is lost.",
      expr: `sum by (worker) (increase(${ofWorkers("tts_worker_heartbeat_failures_total")}[15m]))`,
      unit: "short",
      decimals: 0,
      softMax: 1,
    }),
    linePerWorker({
      title: "Lost results, 15 min",
      description:
        "Results of each worker that the database will never have, in 15 minutes. Normal is 0, and nothing else is: follow TTSWorkerEventsLost at once. What a process lost in its last moment is in its log only.",
      expr: `sum by (worker) (increase(${lost}[15m]))`,
      unit: "short",
      decimals: 0,
      softMax: 1,
      limits: scale(GOOD, [1, BAD]),
    }),
  ];
}

function processes(): PanelBuilder[] {
  return [
    linePerWorker({
      title: "Restarts, 15 min",
      description: `How often each worker's process has started again in 15 minutes, as Prometheus saw it. Normal is 0, and 1 in a deployment; more than ${restarts} is a loop: follow TTSWorkerRestartLoop. The green marks in all panels are the starts.`,
      expr: `changes(${ofWorkers("worker:process_start_time_seconds:max")}[15m])`,
      unit: "short",
      decimals: 0,
      softMax: restarts,
      limits: scale(GOOD, [restarts, WARNING]),
    }),
    series({
      ...HALF,
      title: "Names taken twice, 15 min",
      description:
        "How often in 15 minutes a process that lives found that another one had taken its name; of all workers, for the loser is scraped no more. Normal is 0, and 1 when a deployment starts the new process before the old one has ended; more is TTSWorkerSlotConflict.",
      noValue: "the exporter does not say",
      queries: [{ expr: "increase(tts:db_slot_conflicts:max[15m])", legend: "names taken twice" }],
      unit: "short",
      decimals: 0,
      min: 0,
      softMax: 1,
      colours: { "names taken twice": WARNING },
    }),
  ];
}
