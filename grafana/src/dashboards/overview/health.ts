import { BUDGET_WINDOW, THRESHOLDS } from "../../../../prometheus/src/objectives.ts";
import { BAD, GOOD, WARNING } from "../../colours.ts";
import { linkTo } from "../../links.ts";
import type { PanelBuilder } from "../../panels/panel.ts";
import { stat } from "../../panels/stat.ts";
import { scale } from "../../thresholds.ts";
import { NO_NUMBERS, NO_TASK_ENDED } from "./no-values.ts";
import { taskSuccess } from "./success.ts";

const SIZE = { width: 4, height: 4 };
const { expectedWorkers, oldestPendingSeconds, staleSeconds, freshSeconds } = THRESHOLDS;

/** The strip that answers whether it is fine now: all green is fine. */
export function health(): PanelBuilder[] {
  return [success(), budget(), stuck(), oldestPending(), liveWorkers(), age()];
}

function success(): PanelBuilder {
  return taskSuccess({
    ...SIZE,
    title: `Success, ${BUDGET_WINDOW}`,
    description: `The share of the tasks that ended in ${BUDGET_WINDOW} and completed; invalid input is left out. Normal is above the promise; below it, the page of objectives tells since when, and the page of tasks why. See TTSErrorBudgetExhausted.`,
  });
}

function budget(): PanelBuilder {
  return stat({
    ...SIZE,
    title: "Budget left",
    description: `What is left of the bad events that the objective allows in ${BUDGET_WINDOW}, of the objective that has least left. Normal is above 0 and sinking slowly; below 0 the promise is broken: see TTSErrorBudgetExhausted.`,
    noValue: NO_TASK_ENDED,
    queries: [
      { expr: `bottomk(1, tts:slo_error_budget_remaining:ratio${BUDGET_WINDOW})`, legend: "{{slo}}" },
    ],
    unit: "percentunit",
    decimals: 0,
    scale: scale(BAD, [0, GOOD]),
    valueLink: linkTo("Objective", ["tts-slo", { slo: "${__field.labels.slo}" }]),
  });
}

function stuck(): PanelBuilder {
  return stat({
    ...SIZE,
    title: "Stuck tasks",
    description:
      "Tasks that ought to have ended or started: deadline passed, worker silent, or never claimed. Normal is 0; one for a few seconds is one that is just being swept. If it stays, click for the rows and follow TTSTaskStuck or TTSTaskNeverClaimed.",
    noValue: NO_NUMBERS,
    queries: [{ expr: "sum(tts:db_tasks_stuck:max)", legend: "stuck" }],
    unit: "short",
    decimals: 0,
    scale: scale(GOOD, [1, BAD]),
    valueLink: linkTo("Stuck tasks", ["tts-tasks", { status: "stuck" }]),
  });
}

function oldestPending(): PanelBuilder {
  return stat({
    ...SIZE,
    title: "Oldest pending",
    description: `For how long the oldest pending task has waited; 0 when none waits. Normal is seconds; over ${oldestPendingSeconds} seconds the queue is losing: see TTSQueueOldestTooOld.`,
    noValue: NO_NUMBERS,
    queries: [{ expr: "tts:db_oldest_pending_age_seconds:max", legend: "oldest" }],
    unit: "s",
    decimals: 0,
    scale: scale(GOOD, [oldestPendingSeconds, BAD]),
    valueLink: linkTo("Pending tasks", ["tts-tasks", { status: "pending" }]),
  });
}

function liveWorkers(): PanelBuilder {
  return stat({
    ...SIZE,
    title: "Workers",
    description: `Workers whose heartbeat the database has, and those whose heartbeat stopped without a goodbye. Normal is all of yours (the alert wants ${expectedWorkers} at least) and none lost: see TTSWorkerLost.`,
    noValue: NO_NUMBERS,
    queries: ["live", "lost"].map((state) => ({
      expr: `tts:db_workers:max{state="${state}"}`,
      legend: state,
    })),
    unit: "short",
    decimals: 0,
    scale: scale(BAD, [expectedWorkers, GOOD]),
    scales: { lost: scale(GOOD, [1, BAD]) },
    valueLink: linkTo("Workers", ["tts-workers"]),
  });
}

function age(): PanelBuilder {
  return stat({
    ...SIZE,
    title: "Numbers' age",
    description: `How old the newest snapshot of the database is. Normal is below the interval of the scrapes; over ${staleSeconds} seconds nothing here speaks of now, and over ${freshSeconds} seconds the rules leave it out: see TTSSnapshotStale.`,
    noValue: "no exporter answers",
    queries: [{ expr: "time() - max(tts_db_snapshot_timestamp_seconds)", legend: "age" }],
    unit: "s",
    decimals: 0,
    scale: scale(GOOD, [staleSeconds, WARNING], [freshSeconds, BAD]),
    valueLink: linkTo("Monitor health", ["tts-monitor"]),
  });
}
