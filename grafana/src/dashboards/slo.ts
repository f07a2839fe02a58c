import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { BUDGET_WINDOW, BURN_RATES, SLOS } from "../../../prometheus/src/objectives.ts";
import { BAD, GOOD, MUTED, NEUTRAL, SEVERITY_COLOURS, WARNING } from "../colours.ts";
import { dashboard } from "../dashboard.ts";
import { linkTo } from "../links.ts";
import { mapping } from "../mappings.ts";
import type { PanelBuilder } from "../panels/panel.ts";
import { series } from "../panels/series.ts";
import { stat } from "../panels/stat.ts";
import { timeline } from "../panels/timeline.ts";
import { type Step, scale } from "../thresholds.ts";
import { choice } from "../variables.ts";

const WINDOWS = ["5m", "30m", "1h", "2h", "6h", "1d", "3d"] as const;
const NO_EVENTS = "no task has ended in this time";

export const sloPage: Dashboard = dashboard({
  uid: "tts-slo",
  title: "TTS SLO",
  description: "Do we keep what we promise, and how fast do we use up what we may get wrong?",
  variables: { slo: choice("slo", "Objective", SLOS) },
  sections: [
    { title: "$slo", repeat: "slo", panels: [...now(), burnRates(), budgetLeft(), events(), alerts()] },
  ],
});

/** The selector of the row's objective: where a row repeats, its variable has one value. */
function of(metric: string, more = ""): string {
  return `${metric}{slo="$slo"${more}}`;
}

function now(): PanelBuilder[] {
  const size = { width: 6, height: 4, noValue: NO_EVENTS };
  return [
    stat({
      ...size,
      title: "Promised",
      description:
        "The objective: the share of events that must be good. Changes only with prometheus/src/objectives.ts; what counts as an event stands in docs/metrics.md under tts_db_slo_events_total.",
      queries: [{ expr: of("tts:slo_objective:ratio"), legend: "promised" }],
      unit: "percentunit",
      decimals: 1,
      scale: scale(MUTED),
    }),
    stat({
      ...size,
      title: `Kept over ${BUDGET_WINDOW}`,
      description: `The share of events of the last ${BUDGET_WINDOW} that were good. Normal is above the promise; if below, the budget beside is negative, and the curves below tell since when.`,
      queries: [{ expr: `1 - ${of(`tts:slo_errors:ratio_increase${BUDGET_WINDOW}`)}`, legend: "kept" }],
      unit: "percentunit",
      decimals: 2,
      scale: scale(MUTED),
    }),
    stat({
      ...size,
      title: `Budget left of ${BUDGET_WINDOW}`,
      description:
        "What is left of the bad events that the promise allows. Normal is above 0 and sinking slowly; below 0 the promise is broken: put reliability before new features until it is back.",
      queries: [{ expr: of(`tts:slo_error_budget_remaining:ratio${BUDGET_WINDOW}`), legend: "left" }],
      unit: "percentunit",
      decimals: 1,
      scale: scale(BAD, [0, GOOD]),
    }),
    stat({
      ...size,
      title: `Bad events in ${BUDGET_WINDOW}`,
      description:
        "How many tasks broke the promise. Judge by the budget, not by this number; the rows themselves are on the page of tasks, one click away.",
      queries: [{ expr: of(`tts:slo_bad_events:increase${BUDGET_WINDOW}`), legend: "bad" }],
      unit: "short",
      decimals: 0,
      scale: scale(MUTED),
      valueLink: linkTo("Failed tasks", ["tts-tasks", { status: "failed" }]),
    }),
  ];
}

function burnRates(): PanelBuilder {
  return series({
    title: "Burn rates",
    description: `How many times faster than sustainable the budget is spent, by window. Normal is below 1. An alert needs a long and a short window above its line (${BURN_RATES.map(({ factor, long, short }) => `${factor}: ${long} and ${short}`).join("; ")}): if only the short one is, it has just begun; if only the long one, it is over.`,
    noValue: NO_EVENTS,
    width: 12,
    height: 9,
    queries: WINDOWS.map((window) => ({
      expr: of(`tts:slo_burn_rate:ratio_increase${window}`),
      legend: window,
    })),
    unit: "suffix:×",
    min: 0,
    softMax: 2,
    limits: scale(
      GOOD,
      ...BURN_RATES.map(({ factor, severity }): Step => [factor, SEVERITY_COLOURS[severity]]).reverse(),
    ),
  });
}

function budgetLeft(): PanelBuilder {
  return series({
    title: "Budget left over time",
    description: `The budget of ${BUDGET_WINDOW} as it was at each moment. Normal is a slow fall with slow recoveries; a cliff is an incident: drag over it to zoom, and the menu takes the time along to the other pages.`,
    noValue: NO_EVENTS,
    width: 12,
    height: 9,
    queries: [{ expr: of(`tts:slo_error_budget_remaining:ratio${BUDGET_WINDOW}`), legend: "budget left" }],
    unit: "percentunit",
    max: 1,
    colours: { "budget left": NEUTRAL },
    limits: scale(BAD, [0, GOOD]),
  });
}

function events(): PanelBuilder {
  return series({
    title: "Good and bad events",
    description:
      "Events that counted for the objective, a minute, by result. Normal is green; red in a busy hour weighs less than the same red in a quiet one.",
    noValue: NO_EVENTS,
    width: 12,
    height: 8,
    queries: ["good", "bad"].map((result) => ({
      expr: `60 * sum(rate(${of("tts:db_slo_events:max", `, result="${result}"`)}[$__rate_interval]))`,
      legend: result,
    })),
    unit: "cpm",
    min: 0,
    stacked: true,
    colours: { good: GOOD, bad: BAD },
  });
}

function alerts(): PanelBuilder {
  const states = (state: string) =>
    `max by (alertname, long) (${of("ALERTS", `, service="tts", alertstate="${state}"`)})`;
  return timeline({
    title: "Alerts of this objective",
    description:
      "When the objective's alerts waited and fired, by their long window. Normal is an empty panel; what fires has a runbook, linked from the list of alerts on the overview.",
    noValue: "no alert in this time",
    width: 12,
    height: 8,
    queries: [{ expr: `2 * ${states("firing")} or ${states("pending")}`, legend: "{{alertname}} {{long}}" }],
    unit: "short",
    mappings: [mapping({ 1: { text: "waiting", color: WARNING }, 2: { text: "firing", color: BAD } })],
  });
}
