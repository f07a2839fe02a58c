import { THRESHOLDS } from "../../../../prometheus/src/objectives.ts";
import { BAD, GOOD, WARNING } from "../../colours.ts";
import type { PanelBuilder } from "../../panels/panel.ts";
import { ofProcesses, ofWorkers } from "../../selectors.ts";
import { scale } from "../../thresholds.ts";
import { linePerWorker } from "./per-worker.ts";

const { saturationRatio, workerMemoryBytes, workerMemoryRatio } = THRESHOLDS;

export function utilisationPanels(): PanelBuilder[] {
  return [...slots(), processor(), ...memory()];
}

function slots(): PanelBuilder[] {
  return [
    linePerWorker({
      title: "Slots in use",
      description: `The share of each worker's slots that run a task. Normal is up and down; a worker at the line for minutes takes nothing more, and when all of them together are above ${saturationRatio * 100} % while tasks wait, TTSConcurrencySaturated says what to do.`,
      expr: `max by (worker) (${ofWorkers("instance:tts_worker_concurrency:ratio")})`,
      unit: "percentunit",
      max: 1,
      limits: scale(GOOD, [saturationRatio, WARNING]),
    }),
    linePerWorker({
      title: "Waiting for a slot",
      description:
        "Recorded tasks that wait in each worker for a slot of its own; the queue that workers share is on the overview. Normal is 0 with short peaks; where it stays up beside idle workers, the callers do not spread their texts.",
      expr: `sum by (worker) (${ofWorkers("tts_worker_tasks_waiting")})`,
      unit: "short",
      decimals: 0,
      softMax: 1,
    }),
  ];
}

function processor(): PanelBuilder {
  return linePerWorker({
    title: "Processor",
    description:
      "How many processors each worker keeps busy. JavaScript runs on one: near 1 a worker computes and cannot do more, far below 1 with a lagging event loop it is kept waiting by its machine (TTSWorkerEventLoopLag).",
    expr: `sum by (worker) (rate(${ofProcesses("process_cpu_seconds_total")}[$__rate_interval]))`,
    unit: "suffix: cores",
  });
}

function memory(): PanelBuilder[] {
  return [
    linePerWorker({
      title: "Memory",
      description: `What each process has of the machine's memory. Normal is a plateau some time after the start, far below the red line, its limit; a steady climb above the orange line, ${workerMemoryRatio * 100} % of it, ends in a kill: follow TTSWorkerMemoryGrowth.`,
      expr: `max by (worker) (${ofProcesses("process_resident_memory_bytes")})`,
      unit: "bytes",
      softMax: workerMemoryBytes,
      limits: scale(GOOD, [workerMemoryRatio * workerMemoryBytes, WARNING], [workerMemoryBytes, BAD]),
    }),
    linePerWorker({
      title: "JavaScript heap",
      description:
        "What each worker's objects take. Normal is a saw whose lows stay level; lows that climb for hours are objects that somebody keeps, and more time in garbage collection follows.",
      expr: `max by (worker) (${ofProcesses("nodejs_heap_size_used_bytes")})`,
      unit: "bytes",
    }),
    linePerWorker({
      title: "Buffers outside the heap",
      description:
        "What is kept beside the objects, audio above all. Normal goes up and down with what runs; growth here and not in the heap means that audio is kept after its task.",
      expr: `max by (worker) (${ofProcesses("nodejs_external_memory_bytes")})`,
      unit: "bytes",
    }),
  ];
}
