import { THRESHOLDS } from "../../../../prometheus/src/objectives.ts";
import { BAD, GOOD, WARNING } from "../../colours.ts";
import { linkTo } from "../../links.ts";
import { mapping } from "../../mappings.ts";
import type { PanelBuilder } from "../../panels/panel.ts";
import { metricTable } from "../../panels/table.ts";
import { ofProcesses, ofWorkers } from "../../selectors.ts";
import { scale } from "../../thresholds.ts";

const { eventLoopLagSeconds, silentSeconds, workerMemoryBytes } = THRESHOLDS;

export function workers(): PanelBuilder {
  return metricTable({
    title: "Workers one by one",
    description:
      "Each worker as it is now; a click on its name opens its page. Normal is up, a heartbeat of a few seconds, and finished tasks on all of them alike. A worker that reports over HTTP only has a heartbeat; for one that is down see TTSWorkerDown, for a silent one TTSWorkerLost.",
    noValue: "no worker is known",
    width: 24,
    height: 8,
    columns: [
      {
        title: "Worker",
        label: "worker",
        links: [linkTo("This worker", ["tts-workers", { worker: "${__value.raw}" }])],
      },
      {
        title: "Scraped",
        query: `max by (worker) (${ofProcesses("up")})`,
        width: 80,
        mappings: [mapping({ 1: { text: "up", color: GOOD }, 0: { text: "down", color: BAD } })],
      },
      {
        title: "Version",
        label: "version",
        query: `max by (worker, version) (${ofWorkers("tts_worker_info")})`,
        width: 80,
      },
      {
        title: "Uptime",
        query: `time() - ${ofWorkers("worker:process_start_time_seconds:max")}`,
        width: 95,
        unit: "s",
        decimals: 1,
      },
      {
        title: "Heartbeat",
        query: `max by (worker) (${ofWorkers("tts_db_worker_heartbeat_age_seconds")})`,
        width: 95,
        unit: "s",
        decimals: 0,
        scale: scale(GOOD, [silentSeconds, WARNING]),
      },
      {
        title: "In progress",
        query: `sum by (worker) (${ofWorkers("tts_worker_tasks_active")})`,
        width: 95,
        unit: "short",
        decimals: 0,
      },
      {
        title: "Limit",
        query: `sum by (worker) (${ofWorkers("tts_worker_concurrency_limit")})`,
        width: 70,
        unit: "short",
        decimals: 0,
      },
      {
        title: "Finished, 1 h",
        query: `sum by (worker) (increase(${ofWorkers("tts_worker_tasks_finished_total")}[1h]))`,
        width: 110,
        unit: "locale",
        decimals: 0,
      },
      {
        title: "Event-loop lag",
        query: `max by (worker) (${ofProcesses("nodejs_eventloop_lag_p99_seconds")})`,
        width: 120,
        unit: "s",
        decimals: 0,
        scale: scale(GOOD, [eventLoopLagSeconds, WARNING]),
      },
      {
        title: "Memory",
        query: `max by (worker) (${ofProcesses("process_resident_memory_bytes")})`,
        width: 95,
        unit: "bytes",
        decimals: 0,
        scale: scale(GOOD, [workerMemoryBytes, WARNING]),
      },
    ],
    sortBy: { title: "Worker", descending: false },
  });
}
