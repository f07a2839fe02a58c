import type { Dashboard, Panel, Threshold } from "@grafana/grafana-foundation-sdk/dashboard";
import { BUDGET_WINDOW, THRESHOLDS } from "../../../../prometheus/src/objectives.ts";
import { secondsOf } from "../../promql.ts";
import { comparedNumbers, otherNumbers } from "../compared.ts";
import { unless } from "../lint.ts";
import { placeOf } from "../queries.ts";
import { panelsOf, targetsOf } from "../read.ts";
import { eachPanel } from "./panels.ts";
import { eachPanelQuery } from "./promql.ts";

interface Step {
  panel: string;
  at: number;
  why: string;
}

/** Where a colour changes although no alert compares just these series. */
const OTHER_STEPS: readonly Step[] = [
  {
    panel: "tts-workers: Slots in use",
    at: THRESHOLDS.saturationRatio,
    why: "one worker's part of what is saturated for all together",
  },
  {
    panel: "tts-workers: Late writes, 15 min",
    at: THRESHOLDS.lateWrites,
    why: "the alert counts the same in the database, where it is nobody's",
  },
  {
    panel: "tts-monitor: Sweeper's detection delay, 1 h",
    at: THRESHOLDS.stuckSeconds,
    why: "what is found later was stuck, by the alert's measure of what is not found yet",
  },
  {
    panel: "tts-monitor: Oldest sample",
    at: secondsOf(BUDGET_WINDOW),
    why: "the time that the error budget looks back over",
  },
];

/** A colour changes where an alert would fire: at a number that alerts compare the panel's series with. */
export const steps = eachPanel((panel, { uid }) => {
  const others = OTHER_STEPS.filter((step) => step.panel === nameOf(uid, panel)).map(({ at }) => at);
  const compared = comparedNumbers(targetsOf(panel));
  // A clock that is ahead is as wrong as one that is behind.
  const known = [0, 1, ...compared, ...compared.map((number) => -number), ...others];
  return stepsOf(panel)
    .filter((value) => !known.some((number) => isSame(number, value)))
    .map((value) => `changes colour at ${value}, where no alert does`);
});

/** A query draws a line where an alert does, too. */
export const comparisons = eachPanelQuery(({ query }) =>
  otherNumbers(query.text).map((number) => `compares with ${number}, as no alert does`),
);

/** Reasons for steps that are no more. */
export function idleReasons(boards: readonly Dashboard[]): string[] {
  const found = boards.flatMap((board) =>
    panelsOf(board).flatMap((panel) => stepsOf(panel).map((at) => ({ panel: nameOf(board.uid, panel), at }))),
  );
  return OTHER_STEPS.filter(
    ({ panel, at }) => !found.some((step) => step.panel === panel && isSame(step.at, at)),
  ).map(({ panel, at }) => `${panel} at ${at}`);
}

export const rising = eachPanel((panel) =>
  scalesOf(panel).flatMap((scale) => {
    const values = scale.map(({ value }) => value ?? Number.NEGATIVE_INFINITY);
    const isRising = values.every((value, index) => index === 0 || value > (values[index - 1] ?? value));
    const isWhole = values[0] === Number.NEGATIVE_INFINITY;
    return unless(isRising && isWhole, "thresholds that do not rise from minus infinity");
  }),
);

function stepsOf(panel: Panel): number[] {
  return scalesOf(panel).flatMap((scale) => scale.flatMap(({ value }) => value ?? []));
}

/** The panel's and those of single columns. */
function scalesOf({ fieldConfig }: Panel): Threshold[][] {
  const own = fieldConfig?.defaults.thresholds?.steps;
  const columns = (fieldConfig?.overrides ?? []).flatMap(({ properties }) =>
    properties.filter(({ id }) => id === "thresholds").map(({ value }): Threshold[] => value.steps),
  );
  return own ? [own, ...columns] : columns;
}

function nameOf(uid: string | undefined, panel: Panel): string {
  return `${uid}: ${placeOf(panel)}`;
}

/** 1 - 0.99 is not 0.01. */
function isSame(one: number, other: number): boolean {
  return Math.abs(one - other) < 1e-9;
}
