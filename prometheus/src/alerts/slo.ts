import { BUDGET_WINDOW, BURN_RATES, type BurnRate, OBJECTIVES, SLOS, type Slo } from "../objectives.ts";
import { type AlertRule, alert } from "../rule.ts";
import { queried } from "../template.ts";

const EVENTS: Record<Slo, string> = {
  task_success: "tasks ended badly",
  task_latency: "completed tasks came too late",
};

export function sloAlerts(): AlertRule[] {
  return [
    ...SLOS.flatMap((slo) => BURN_RATES.map((burnRate) => errorBudgetBurn(slo, burnRate))),
    ...SLOS.map(errorBudgetExhausted),
    alert("TTSSLODataAbsent", {
      severity: "critical",
      expr: SLOS.map((slo) => `absent(tts:db_slo_events:max{slo="${slo}"})`).join("\nor "),
      for: "11m",
      summary: "Nobody knows whether the objectives are met.",
      description:
        "For 11 minutes there have been no events of the objective {{ $labels.slo }}: a blind objective counts as an outage.",
      dashboard: ["tts-slo", { slo: "{{ $labels.slo }}" }],
    }),
  ];
}

function errorBudgetBurn(slo: Slo, { factor, long, short, for: wait, severity }: BurnRate): AlertRule {
  const { fewestBad } = OBJECTIVES[slo];
  return alert("TTSErrorBudgetBurn", {
    severity,
    expr: `tts:slo_burn_rate:ratio_increase${long}{slo="${slo}"} > ${factor}
and on (slo) tts:slo_burn_rate:ratio_increase${short} > ${factor}
and on (slo) tts:slo_bad_events:increase${long} >= ${fewestBad}`,
    for: wait,
    labels: { slo, long, short },
    summary: "The error budget is being spent too fast.",
    description: `${queried(`tts:slo_bad_events:increase${long}{slo="${slo}"}`)} ${EVENTS[slo]} in ${long}: the budget of ${BUDGET_WINDOW} goes {{ $value | printf "%.1f" }} times faster than it may (limit ${factor}).`,
    dashboard: ["tts-slo", { slo }],
  });
}

function errorBudgetExhausted(slo: Slo): AlertRule {
  const { fewestBad, objective } = OBJECTIVES[slo];
  return alert("TTSErrorBudgetExhausted", {
    severity: "warning",
    expr: `tts:slo_error_budget_remaining:ratio${BUDGET_WINDOW}{slo="${slo}"} < 0
and on (slo) tts:slo_bad_events:increase${BUDGET_WINDOW} >= ${fewestBad}`,
    for: "15m",
    labels: { slo },
    summary: "The objective is missed.",
    description: `Over ${BUDGET_WINDOW} more than ${percent(1 - objective)} of the events of ${slo} were bad; the budget is at {{ $value | humanizePercentage }}.`,
    dashboard: ["tts-slo", { slo }],
  });
}

function percent(ratio: number): string {
  return `${Number((100 * ratio).toFixed(3))} %`;
}
