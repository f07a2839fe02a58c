import { databaseAlerts } from "./alerts/database.ts";
import { exporterAlerts } from "./alerts/exporter.ts";
import { prometheusAlerts } from "./alerts/prometheus.ts";
import { queueAlerts } from "./alerts/queue.ts";
import { sloAlerts } from "./alerts/slo.ts";
import { tasksAlerts } from "./alerts/tasks.ts";
import { workerPoolAlerts } from "./alerts/worker-pool.ts";
import { workersAlerts } from "./alerts/workers.ts";
import { THRESHOLDS, type Thresholds } from "./objectives.ts";
import { latencyRules } from "./recording/latency.ts";
import { longSloRules, sloRules } from "./recording/slo.ts";
import { stateRules } from "./recording/state.ts";
import { trafficRules } from "./recording/traffic.ts";
import type { Group } from "./rule.ts";

/** Below Prometheus' lookback of five minutes, so that an alert never falls into the gap between two evaluations. */
const LONG = "2m";

/** Every file in prometheus/rules, with its groups in the order of their evaluation. */
export function ruleFiles(thresholds: Thresholds = THRESHOLDS): Record<string, Group[]> {
  return {
    recording: [
      { name: "tts-state", interval: "30s", rules: stateRules(thresholds) },
      { name: "tts-traffic", interval: "30s", rules: trafficRules(thresholds) },
      { name: "tts-latency", interval: "30s", rules: latencyRules(thresholds) },
    ],
    slo: [
      { name: "tts-slo", interval: "30s", rules: sloRules(thresholds) },
      { name: "tts-slo-long", interval: LONG, rules: longSloRules() },
      { name: "tts-slo-alerts", rules: sloAlerts() },
    ],
    tasks: [
      { name: "tts-tasks", rules: tasksAlerts(thresholds) },
      { name: "tts-queue", rules: queueAlerts(thresholds) },
    ],
    workers: [
      { name: "tts-worker-pool", rules: workerPoolAlerts(thresholds) },
      { name: "tts-workers", rules: workersAlerts(thresholds) },
    ],
    monitor: [
      { name: "tts-database", rules: databaseAlerts(thresholds) },
      { name: "tts-exporter", rules: exporterAlerts(thresholds) },
      { name: "tts-prometheus", rules: prometheusAlerts(thresholds) },
    ],
  };
}
