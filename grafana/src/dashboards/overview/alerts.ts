import type { ValueMapping } from "@grafana/grafana-foundation-sdk/dashboard";
import { ruleFiles } from "../../../../prometheus/src/files.ts";
import { type AlertRule, isAlert } from "../../../../prometheus/src/rule.ts";
import { type Dashboard, dashboardUrl, GRAFANA_URL, RUNBOOKS_URL } from "../../../../prometheus/src/sites.ts";
import { MUTED, NEUTRAL, SEVERITY_COLOURS } from "../../colours.ts";
import { KEPT, linkToUrl } from "../../links.ts";
import { mapping, patternMapping } from "../../mappings.ts";
import type { PanelBuilder } from "../../panels/panel.ts";
import { metricTable } from "../../panels/table.ts";

const FIRING = 'ALERTS{alertstate="firing", service="tts", alertname!="TTSWatchdog"}';

/** What tells alerts of one name apart. */
const LABELS = [
  "slo",
  "long",
  "worker",
  "cause",
  "collector",
  "ledger",
  "exported_job",
  "rule_group",
  "integration",
  "label",
  "instance",
];

const RULES = Object.values(ruleFiles())
  .flat()
  .flatMap(({ rules }) => rules.filter(isAlert));

const PAGE_NAMES = {
  "tts-tasks": "Tasks",
  "tts-workers": "Workers",
  "tts-slo": "SLO",
  "tts-monitor": "Monitor health",
} as const;

export function firingAlerts(): PanelBuilder {
  return metricTable({
    title: "Firing alerts",
    description:
      "What fires now, the worst first, and since when its condition has held. Normal is an empty table. A click on the name opens the runbook, on the last column the page that shows the rows.",
    noValue: "no alert is firing",
    width: 24,
    height: 6,
    columns: [
      {
        title: "Alert",
        label: "alertname",
        width: 210,
        links: [linkToUrl("Runbook", `${RUNBOOKS_URL}/\${__value.raw}.md`)],
      },
      { title: "Severity", label: "severity", width: 85, mappings: [mapping(SEVERITY_COLOURS)] },
      { title: "Says", label: "says", mappings: [summaries()] },
      { title: "About", label: "about", width: 190 },
      { title: "Since", query: firing(), width: 120, unit: "dateTimeFromNow" },
      {
        title: "Look at",
        label: "page",
        width: 115,
        mappings: pageNames(),
        links: [linkToUrl("Its page", `\${__value.raw}&${KEPT}`)],
      },
    ],
    sortBy: { title: "Severity", descending: false },
  });
}

/** In one query, for rows of several cannot be told apart by labels that only some of them have. */
function firing(): string {
  const since = `ALERTS_FOR_STATE and ignoring (alertstate) ${FIRING}`;
  const told = label("says", "alertname", "", label("about", LABELS.join('", "'), " ", since));
  return `sort(1000 * max by (alertname, severity, says, about, page) (${withPage(told)}))`;
}

/** … and the path of the page that the alert's own link leads to, in the label `page`. */
function withPage(expr: string): string {
  const paths = [...new Set(RULES.map(pathOf))];
  const known = paths.reduce((inner, path) => {
    const names = RULES.filter((rule) => pathOf(rule) === path).map((rule) => rule.alert);
    return `label_replace(${inner}, "page", "${path}", "alertname", "${[...new Set(names)].join("|")}")`;
  }, expr);
  // A path that ends in a variable takes the label's value, no other does.
  const others = '"page", ".*[^=]"';
  const cleared = `label_replace(label_replace(${known}, "worker", "", ${others}), "slo", "", ${others})`;
  return label("page", 'page", "worker", "slo', "", cleared);
}

function label(name: string, from: string, between: string, expr: string): string {
  return `label_join(${expr}, "${name}", "${between}", "${from}")`;
}

/** Of the alert's page, without the value of its worker or objective, and with room for more parameters behind. */
function pathOf({ annotations }: AlertRule): string {
  const url = annotations["dashboard_url"] ?? "";
  const here = dashboardUrl(["tts-overview"]);
  const waiting: Dashboard = ["tts-tasks", { status: "pending" }];
  const path = (url === here ? dashboardUrl(waiting) : url).slice(new URL(GRAFANA_URL).origin.length);
  return path.includes("?") ? path.replace(/(var-(?:worker|slo)=).*/, "$1") : `${path}?`;
}

function summaries(): ValueMapping {
  const texts = RULES.map(({ alert, annotations }) => [
    alert,
    { text: annotations["summary"] ?? alert, color: MUTED },
  ]);
  return mapping(Object.fromEntries(texts));
}

function pageNames(): ValueMapping[] {
  return Object.entries(PAGE_NAMES).map(([uid, text]) =>
    patternMapping(`.*/${uid}[?].*`, { text, color: NEUTRAL }),
  );
}
