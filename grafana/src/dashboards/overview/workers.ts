import { THRESHOLDS } from "../../../../prometheus/src/objectives.ts";
import { BAD, GOOD, WARNING } from "../../colours.ts";
import { linkTo } from "../../links.ts";
import { mapping } from "../../mappings.ts";
import type { PanelBuilder } from "../../panels/panel.ts";
import { metricTable } from "../../panels/table.ts";
import { scale } from "../../thresholds.ts";

const WORKER = 'worker=~"$worker"';
const TARGET = `{job="tts-worker", ${WORKER}}`;
const { eventLoopLagSeconds, silentSeconds, workerMemoryBytes } = THRESHOLDS;

/** In the order of the columns. */
const VALUES = [
  `max by (worker) (up${TARGET})`,
  `time() - worker:process_start_time_seconds:max{${WORKER}}`,
  `max by (worker) (tts_db_worker_heartbeat_age_seconds{${WORKER}})`,
  `sum by (worker) (tts_worker_tasks_active{${WORKER}})`,
  `sum by (worker) (tts_worker_concurrency_limit{${WORKER}})`,
  `sum by (worker) (increase(tts_worker_tasks_finished_total{${WORKER}}[1h]))`,
  `max by (worker) (nodejs_eventloop_lag_p99_seconds${TARGET})`,
  `max by (worker) (process_resident_memory_bytes${TARGET})`,
];
const VERSION = `max by (worker, version) (tts_worker_info{${WORKER}})`;

export function workers(): PanelBuilder {
  const [up = "", ...others] = VALUES.map((_, index) => `Value #${String.fromCharCode(65 + index)}`);
  return metricTable({
    title: "Workers one by one",
    description:
      "Each worker as it is now; a click on its name opens its page. Normal is up, a heartbeat of a few seconds, and finished tasks on all of them alike. A worker that reports over HTTP only has a heartbeat; for one that is down see TTSWorkerDown, for a silent one TTSWorkerLost.",
    noValue: "no worker is known",
    width: 24,
    height: 8,
    queries: [...VALUES, VERSION],
    fields: ["worker", up, "version", ...others],
    columns: [
      {
        title: "Worker",
        links: [linkTo("This worker", ["tts-workers", { worker: "${__value.raw}" }])],
      },
      {
        title: "Scraped",
        width: 80,
        mappings: [mapping({ 1: { text: "up", color: GOOD }, 0: { text: "down", color: BAD } })],
      },
      { title: "Version", width: 80 },
      { title: "Uptime", width: 95, unit: "s", decimals: 1 },
      {
        title: "Heartbeat",
        width: 95,
        unit: "s",
        decimals: 0,
        scale: scale(GOOD, [silentSeconds, WARNING]),
      },
      { title: "In progress", width: 95, unit: "short", decimals: 0 },
      { title: "Limit", width: 70, unit: "short", decimals: 0 },
      { title: "Finished, 1 h", width: 110, unit: "locale", decimals: 0 },
      {
        title: "Event-loop lag",
        width: 120,
        unit: "s",
        decimals: 0,
        scale: scale(GOOD, [eventLoopLagSeconds, WARNING]),
      },
      {
        title: "Memory",
        width: 95,
        unit: "bytes",
        decimals: 0,
        scale: scale(GOOD, [workerMemoryBytes, WARNING]),
      },
    ],
    sortBy: { title: "Worker", descending: false },
  });
}
