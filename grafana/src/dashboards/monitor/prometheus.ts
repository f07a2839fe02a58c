import type { ValueMapping } from "@grafana/grafana-foundation-sdk/dashboard";
import { ruleFiles } from "../../../../prometheus/src/files.ts";
import { BUDGET_WINDOW } from "../../../../prometheus/src/objectives.ts";
import { RUNBOOKS_URL } from "../../../../prometheus/src/sites.ts";
import { BAD, GOOD, MUTED, WARNING } from "../../colours.ts";
import { mapping, patternMapping } from "../../mappings.ts";
import type { PanelBuilder } from "../../panels/panel.ts";
import { series } from "../../panels/series.ts";
import { stat } from "../../panels/stat.ts";
import { metricTable } from "../../panels/table.ts";
import { text } from "../../panels/text.ts";
import { scale } from "../../thresholds.ts";
import { soundBelow } from "./sound.ts";
import { targets } from "./targets.ts";

const UNWATCHED = "not scraped";
const OURS = '{rule_group=~".+;tts-.+"}';
/** The window is written in days. */
const BUDGET_SECONDS = Number.parseInt(BUDGET_WINDOW, 10) * 86_400;

/** Do rules run, and do alerts leave? */
export function prometheusPanels(): PanelBuilder[] {
  return [...chain(), wayOut(), targets(), notifications(), receivers(), ruleGroups()];
}

function chain(): PanelBuilder[] {
  const size = { width: 4, height: 4, noValue: UNWATCHED };
  return [
    stat({
      ...size,
      title: "Alertmanagers",
      description:
        "To how many Alertmanagers Prometheus sends its alerts. Normal is at least 1; with 0 no alert leaves (TTSAlertsNotDelivered): see `alerting` in prometheus.yml.",
      queries: [{ expr: "min(prometheus_notifications_alertmanagers_discovered)", legend: "known" }],
      unit: "short",
      decimals: 0,
      scale: scale(BAD, [1, GOOD]),
    }),
    stat({
      ...size,
      title: "Configuration",
      description:
        "Whether each program runs with its file as it was last read. Normal is in force; refused means that it runs on with the former one and will not start again with this one (TTSConfigReloadFailed).",
      queries: ["prometheus", "alertmanager"].map((program) => ({
        expr: `min(${program}_config_last_reload_successful)`,
        legend: program,
      })),
      unit: "short",
      scale: scale(BAD),
      mappings: [mapping({ 0: { text: "refused", color: BAD }, 1: { text: "in force", color: GOOD } })],
    }),
    stat({
      ...size,
      title: "Discovery, 5 m",
      description:
        "How often Prometheus asked for its targets over HTTP in 5 minutes and got no list. Normal is 0; otherwise it goes on with the workers that it knew, and new ones are not scraped (TTSDiscoveryFailing).",
      queries: [{ expr: "max(increase(prometheus_sd_http_failures_total[5m]))", legend: "failures" }],
      unit: "suffix: failed",
      decimals: 0,
      scale: soundBelow(1, WARNING),
    }),
    stat({
      ...size,
      title: "Oldest sample",
      description: `How far back Prometheus' data goes. The error budget looks back over ${BUDGET_WINDOW}: green from there on; before, it is the budget of what there is. If it stays below although Prometheus is older, its retention is too short: --storage.tsdb.retention.time=35d.`,
      queries: [
        {
          expr: "time() - min(prometheus_tsdb_lowest_timestamp_seconds)",
          legend: "age",
        },
      ],
      unit: "s",
      decimals: 1,
      scale: scale(MUTED, [BUDGET_SECONDS, GOOD]),
    }),
  ];
}

function wayOut(): PanelBuilder {
  return text({
    title: "Where this page ends",
    description:
      "What Prometheus cannot know of itself. Normal is that the dead man's switch gets TTSWatchdog every minute; look there when you doubt.",
    width: 8,
    height: 4,
    content: `Nothing here proves that a page **arrives**. Alertmanager hands [TTSWatchdog](${RUNBOOKS_URL}/TTSWatchdog.md) to the dead man's switch every minute; the switch is outside, and pages when it stops.`,
  });
}

function ruleGroups(): PanelBuilder {
  const by = (expr: string) => `max by (rule_group) (${expr})`;
  const group = (name: string) => `prometheus_rule_group_${name}_seconds${OURS}`;
  const failed = `increase(prometheus_rule_evaluation_failures_total${OURS}[5m])`;
  const missed = `increase(prometheus_rule_group_iterations_missed_total${OURS}[5m])`;
  return metricTable({
    title: "Groups of rules",
    description:
      "Each group of our rules: how long its last evaluation took against its interval, and what failed or was missed. Normal is a few percent, and 0 and 0; near 100 % the group is too slow, and a failure means that its alerts may be missing (TTSRuleFailures): Prometheus' page of rules has the error.",
    noValue: "no rules of ours are loaded, or Prometheus does not scrape itself",
    width: 24,
    height: 15,
    columns: [
      { title: "Group", label: "rule_group", mappings: groupNames() },
      {
        title: "Evaluated, ago",
        query: `time() - ${by(group("last_evaluation_timestamp"))}`,
        unit: "s",
        decimals: 0,
      },
      { title: "Interval", query: by(group("interval")), unit: "s", decimals: 0 },
      { title: "Took", query: by(group("last_duration")), unit: "s" },
      {
        title: "Of interval",
        query: by(`${group("last_duration")} / ${group("interval")}`),
        unit: "percentunit",
        decimals: 1,
        scale: soundBelow(1),
      },
      { title: "Failed, 5 m", query: by(failed), unit: "short", decimals: 0, scale: soundBelow(1) },
      { title: "Missed, 5 m", query: by(missed), unit: "short", decimals: 0, scale: soundBelow(1) },
    ],
    sortBy: { title: "Of interval", descending: true },
  });
}

/** Without their files' paths. */
function groupNames(): ValueMapping[] {
  const names = Object.values(ruleFiles()).flatMap((groups) => groups.map(({ name }) => name));
  return names.map((name) => patternMapping(`/^.*;${name}$/`, { text: name, color: MUTED }));
}

function notifications(): PanelBuilder {
  const rate = (what: string) => `sum(rate(prometheus_notifications_${what}_total[$__rate_interval]))`;
  // Without an Alertmanager there is no series of what it was sent.
  const minute = (what: string) => `60 * (${rate(what)} or 0 * ${rate("dropped")})`;
  return series({
    title: "From Prometheus to Alertmanager",
    description:
      "Alerts a minute: sent, sent in vain, and dropped before they were sent. Normal is a steady trickle, for what fires is sent again every minute or so; any in vain or dropped for 5 minutes is TTSAlertsNotDelivered.",
    noValue: UNWATCHED,
    width: 12,
    height: 7,
    queries: [
      { expr: minute("sent"), legend: "sent" },
      { expr: minute("errors"), legend: "in vain" },
      { expr: minute("dropped"), legend: "dropped" },
    ],
    unit: "cpm",
    min: 0,
    colours: { sent: GOOD, "in vain": BAD, dropped: BAD },
  });
}

function receivers(): PanelBuilder {
  const used = "sum by (integration) (increase(alertmanager_notifications_total[1h])) > 0";
  return metricTable({
    title: "From Alertmanager to receivers",
    description:
      "Notifications of the last hour by the kind of receiver, and those that failed within 15 minutes. Normal is some 60 to the kind that the dead man's switch is of, and no failures; a failure means that pages of this kind may be missing (TTSAlertsNotDelivered).",
    noValue: "nothing was sent within the hour, or Alertmanager is not scraped",
    width: 12,
    height: 7,
    columns: [
      { title: "Receiver", label: "integration" },
      { title: "Notified, 1 h", query: used, unit: "short", decimals: 0, width: 130 },
      {
        title: "Failed, 15 m",
        query: `sum by (integration) (increase(alertmanager_notifications_failed_total[15m])) and on (integration) (${used})`,
        unit: "short",
        decimals: 0,
        width: 130,
        scale: soundBelow(1),
      },
    ],
    sortBy: { title: "Failed, 15 m", descending: true },
  });
}
