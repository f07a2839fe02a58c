import { THRESHOLDS } from "../../../../prometheus/src/objectives.ts";
import { BAD, GOOD, WARNING } from "../../colours.ts";
import type { PanelBuilder } from "../../panels/panel.ts";
import { ofProcesses, ofWorkers } from "../../selectors.ts";
import { scale } from "../../thresholds.ts";
import { linePerWorker } from "./per-worker.ts";

const { eventLoopLagSeconds, silentSeconds } = THRESHOLDS;

export function saturationPanels(): PanelBuilder[] {
  return [...thread(), ...waiting(), files()];
}

function thread(): PanelBuilder[] {
  return [
    linePerWorker({
      title: "Event-loop lag, p99",
      description: `How late the slowest hundredth of each event loop's turns comes. Normal is about 10 ms, a flat line at the bottom; above ${eventLoopLagSeconds} s for minutes the worker's heartbeats and writes come late too: follow TTSWorkerEventLoopLag.`,
      expr: `max by (worker) (${ofProcesses("nodejs_eventloop_lag_p99_seconds")})`,
      unit: "s",
      softMax: eventLoopLagSeconds,
      limits: scale(GOOD, [eventLoopLagSeconds, WARNING]),
    }),
    linePerWorker({
      title: "Time in garbage collection",
      description:
        "The share of time that each worker spends collecting garbage. Normal is below 1 %; above 10 % the worker is short of heap: see how its memory grows.",
      expr: `sum by (worker) (rate(${ofProcesses("nodejs_gc_duration_seconds_sum")}[$__rate_interval]))`,
      unit: "percentunit",
      softMax: 0.01,
    }),
  ];
}

function waiting(): PanelBuilder[] {
  return [
    linePerWorker({
      title: "Heartbeat's age",
      description: `How long ago the database last heard each worker. Normal is a few seconds; half way to the line a worker is blocked or its way to the database is slow, above ${silentSeconds} s it counts as silent: follow TTSWorkerLost.`,
      expr: `max by (worker) (${ofWorkers("tts_db_worker_heartbeat_age_seconds")})`,
      unit: "s",
      softMax: silentSeconds,
      limits: scale(GOOD, [silentSeconds, BAD]),
    }),
    linePerWorker({
      title: "Oldest task's age",
      description:
        "Since when each worker runs what it has run longest, 0 when it runs nothing. Normal falls back to 0 with each end; a straight climb is a task that hangs until its deadline: look at that worker's tasks.",
      expr: `max by (worker) (${ofWorkers("tts_worker_oldest_task_age_seconds")})`,
      unit: "s",
    }),
    linePerWorker({
      title: "Results that wait for the database",
      description:
        "Results that each worker could not write yet; it repeats them until it can. Normal is 0; what stays up for minutes is TTSWorkerEventsBuffered, and a worker without a spool must not be restarted then.",
      expr: `sum by (worker) (${ofWorkers("tts_worker_events_buffered")})`,
      unit: "short",
      decimals: 0,
      softMax: 1,
    }),
  ];
}

function files(): PanelBuilder {
  const of = (metric: string) => `max by (worker) (${ofProcesses(metric)})`;
  return linePerWorker({
    title: "File descriptors in use",
    description:
      "Open files and connections, as a share of what each process may have. Normal is a level line of a few per cent or less; one that climbs for hours is a leak, and at 100 % nothing can be opened any more.",
    expr: `${of("process_open_fds")} / ${of("process_max_fds")}`,
    unit: "percentunit",
  });
}
