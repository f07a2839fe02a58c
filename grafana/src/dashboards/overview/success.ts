import { BUDGET_WINDOW, OBJECTIVES } from "../../../../prometheus/src/objectives.ts";
import { BAD, GOOD } from "../../colours.ts";
import { linkTo } from "../../links.ts";
import type { PanelBuilder, PanelOptions } from "../../panels/panel.ts";
import { stat } from "../../panels/stat.ts";
import { type Scale, scale } from "../../thresholds.ts";
import { NO_TASK_ENDED } from "./no-values.ts";

export const TASK_SUCCESS = 'slo="task_success"';

/** From the promise on it is good. */
export const PROMISED: Scale = scale(BAD, [OBJECTIVES.task_success.objective, GOOD]);

/** The share of tasks that succeeded over the budget's window. */
export function taskSuccess(options: Omit<PanelOptions, "noValue">): PanelBuilder {
  return stat({
    ...options,
    noValue: NO_TASK_ENDED,
    queries: [
      { expr: `1 - tts:slo_errors:ratio_increase${BUDGET_WINDOW}{${TASK_SUCCESS}}`, legend: "success" },
    ],
    unit: "percentunit",
    decimals: 2,
    scale: PROMISED,
    valueLink: linkTo("Objective", ["tts-slo", { slo: "task_success" }]),
  });
}
