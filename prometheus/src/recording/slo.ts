import { BUDGET_WINDOW, type Duration, OBJECTIVES, SLOS, type Thresholds } from "../objectives.ts";
import type { RecordingRule } from "../rule.ts";
import { snapshotMax } from "../snapshot.ts";

/** The budget's share that is spent, in sustainable speeds: https://sre.google/workbook/alerting-on-slos/ */
export function sloRules(thresholds: Thresholds): RecordingRule[] {
  return [
    {
      ...snapshotMax(thresholds, "tts_db_slo_events_total", ["slo", "result"]),
      why: "Counted in the database when a task ends: exact, and over restarts of everything.",
    },
    ...SLOS.map((slo) => ({
      record: "tts:slo_objective:ratio",
      labels: { slo },
      expr: `vector(${OBJECTIVES[slo].objective})`,
    })),
    ...(["5m", "30m", "1h", "2h", "6h"] as const).flatMap(windowRules),
    badEvents("1h"),
    badEvents("6h"),
  ];
}

/** The windows that change slowly. */
export function longSloRules(): RecordingRule[] {
  return [
    ...(["1d", "3d"] as const).flatMap(windowRules),
    errors(BUDGET_WINDOW),
    ...(["1d", "3d", BUDGET_WINDOW] as const).map(badEvents),
    {
      record: `tts:slo_error_budget_remaining:ratio${BUDGET_WINDOW}`,
      expr: `1 - tts:slo_errors:ratio_increase${BUDGET_WINDOW} / on (slo) (1 - tts:slo_objective:ratio)`,
    },
  ];
}

function windowRules(window: Duration): RecordingRule[] {
  return [
    errors(window),
    {
      record: `tts:slo_burn_rate:ratio_increase${window}`,
      expr: `tts:slo_errors:ratio_increase${window} / on (slo) (1 - tts:slo_objective:ratio)`,
    },
  ];
}

/** No sample where there was no event: NaN would poison whatever is computed from it. */
function errors(window: Duration): RecordingRule {
  return {
    record: `tts:slo_errors:ratio_increase${window}`,
    expr: `${badIncrease(window)}\n  / (sum by (slo) (increase(tts:db_slo_events:max[${window}])) > 0)`,
  };
}

function badEvents(window: Duration): RecordingRule {
  return { record: `tts:slo_bad_events:increase${window}`, expr: badIncrease(window) };
}

function badIncrease(window: Duration): string {
  return `sum by (slo) (increase(tts:db_slo_events:max{result="bad"}[${window}]))`;
}
