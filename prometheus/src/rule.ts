import type { Duration } from "./objectives.ts";
import { type Dashboard, dashboardUrl, RUNBOOKS_URL } from "./sites.ts";

export interface RecordingRule {
  record: string;
  expr: string;
  labels?: Readonly<Record<string, string>>;
  /** becomes a comment in the YAML */
  why?: string;
}

export interface AlertRule {
  alert: string;
  expr: string;
  for?: Duration;
  keep_firing_for?: Duration;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  why?: string;
}

export type Rule = RecordingRule | AlertRule;

export interface Group {
  name: string;
  /** Prometheus' own where none is given */
  interval?: Duration;
  rules: Rule[];
}

export interface AlertOptions {
  /** critical pages, warning is a ticket, none is the dead man's switch */
  severity: "critical" | "warning" | "none";
  expr: string;
  for?: Duration;
  keepFiringFor?: Duration;
  /** static ones; a value that changes would begin the waiting anew */
  labels?: Readonly<Record<string, string>>;
  /** one static sentence */
  summary: string;
  /** with numbers: a template of Prometheus */
  description: string;
  dashboard: Dashboard;
  why?: string;
}

/** For alerts that mute others, which look back over two minutes and would outlive them. */
export const OUTLASTS_MUTED: Duration = "3m";

/** An alert with what every one of ours carries. */
export function alert(name: string, options: AlertOptions): AlertRule {
  const { severity, expr, keepFiringFor, labels, summary, description, dashboard, why } = options;
  return {
    alert: name,
    expr,
    ...(options.for && { for: options.for }),
    ...(keepFiringFor && { keep_firing_for: keepFiringFor }),
    labels: { severity, service: "tts", ...labels },
    annotations: {
      summary,
      description,
      runbook_url: `${RUNBOOKS_URL}/${name}.md`,
      dashboard_url: dashboardUrl(dashboard),
    },
    ...(why && { why }),
  };
}

export function nameOf(rule: Rule): string {
  return isAlert(rule) ? rule.alert : rule.record;
}

/** The name, with the labels that tell rules of one name apart. */
export function titleOf(rule: Rule): string {
  const { severity: _, service: __, ...own } = rule.labels ?? {};
  return [nameOf(rule), ...Object.values(own)].join(" ");
}

export function isAlert(rule: Rule): rule is AlertRule {
  return "alert" in rule;
}
