import type { Thresholds } from "../objectives.ts";
import { type AlertRule, alert } from "../rule.ts";
import { COUNT, counted } from "../template.ts";

/** The chain from the exporter to the pager. */
export function prometheusAlerts({ samples }: Thresholds): AlertRule[] {
  return [
    alert("TTSDiscoveryFailing", {
      severity: "warning",
      expr: "increase(prometheus_sd_http_failures_total[5m]) > 0",
      for: "15m",
      summary: "Prometheus cannot ask for the workers.",
      description:
        "For 15 minutes /sd/workers has failed: Prometheus scrapes the workers that it knew before, and no new ones.",
      dashboard: ["tts-monitor"],
    }),
    alert("TTSSeriesBudget", {
      severity: "warning",
      expr: `scrape_samples_post_metric_relabeling{job="tts-exporter"} > ${samples.exporter}
or scrape_samples_post_metric_relabeling{job="tts-worker"} > ${samples.worker}
or increase(tts_monitor_label_overflow_total[15m]) > 0`,
      for: "10m",
      summary: "There are more series than were planned.",
      description: `{{ if $labels.label }}In 15 minutes ${counted("value", "values")} of the label {{ $labels.label }} came from outside its closed list{{ else }}{{ $labels.instance }} ({{ $labels.job }}) exposes ${COUNT} samples; beyond the limit in prometheus.yml its whole scrape is refused{{ end }}.`,
      dashboard: ["tts-monitor"],
    }),
    alert("TTSRuleFailures", {
      severity: "critical",
      expr: `sum by (rule_group) (increase(prometheus_rule_evaluation_failures_total{rule_group=~".+;tts-.+"}[5m])) > 0
or sum by (rule_group) (increase(prometheus_rule_group_iterations_missed_total{rule_group=~".+;tts-.+"}[5m])) > 0`,
      for: "5m",
      summary: "Rules are not evaluated, so alerts may be missing.",
      description: `${counted("evaluation", "evaluations")} of {{ $labels.rule_group }} failed or were missed in 5 minutes.`,
      dashboard: ["tts-monitor"],
    }),
    alert("TTSConfigReloadFailed", {
      severity: "warning",
      expr: `prometheus_config_last_reload_successful == 0
or alertmanager_config_last_reload_successful == 0`,
      for: "10m",
      summary: "A changed configuration was refused.",
      description:
        "{{ $labels.instance }} ({{ $labels.job }}) still runs its former configuration; its log says what is wrong with the new one.",
      dashboard: ["tts-monitor"],
    }),
    alert("TTSAlertsNotDelivered", {
      severity: "critical",
      expr: `sum by (instance) (increase(prometheus_notifications_dropped_total[5m])) > 0
or sum by (instance) (increase(prometheus_notifications_errors_total[5m])) > 0
or sum by (instance, integration) (increase(alertmanager_notifications_failed_total[15m])) > 0
or min by (instance) (prometheus_notifications_alertmanagers_discovered) < 1`,
      for: "5m",
      summary: "Alerts do not reach their receivers.",
      description:
        "{{ $labels.instance }} could not deliver notifications{{ with $labels.integration }} to {{ . }}{{ end }} for 5 minutes.",
      dashboard: ["tts-monitor"],
      why: `Alertmanager counts a failure once for each interval of a group, which is 5 m. Where nothing at all gets
through, the dead man's switch speaks.`,
    }),
    alert("TTSWatchdog", {
      severity: "none",
      expr: "vector(1)",
      summary: "Alerts reach their receivers.",
      description: "This alert fires for as long as Prometheus evaluates rules and delivers alerts.",
      dashboard: ["tts-monitor"],
      why: "Fires always: whoever gets it raises the alarm when it stops coming.",
    }),
  ];
}
