import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { DASHBOARDS } from "../../../../prometheus/src/sites.ts";
import { metricsOf } from "../../promql.ts";
import { textsIn, unless } from "../lint.ts";
import { parsed } from "../queries.ts";
import { annotationsOf } from "../read.ts";

const EVENTS: Readonly<Record<string, RegExp>> = {
  "firing alerts": /^ALERTS$/,
  "starts of workers": /process_start_time_seconds/,
  versions: /^tts_(worker|monitor_build)_info$/,
};

export function identity({ uid = "", title, description, tags, id }: Dashboard): string[] {
  return [
    ...unless(uid in DASHBOARDS, `uid ${uid} is not in sites.ts`),
    ...unless(Boolean(title), "no title"),
    ...unless(Boolean(description), "no description"),
    ...unless(tags?.includes("tts") ?? false, "no tag tts"),
    ...unless(id === undefined || id === null, `id ${id}, which is the server's to give`),
  ];
}

export function commonSettings({ editable, graphTooltip, timezone, refresh }: Dashboard): string[] {
  const settings = { editable, graphTooltip, timezone, refresh };
  const wanted = { editable: false, graphTooltip: 1, timezone: "browser", refresh: "30s" };
  return Object.entries(wanted).flatMap(([name, value]) => {
    const found = settings[name as keyof typeof settings];
    return unless(found === value, `${name} is ${found}, not ${value}`);
  });
}

export function firstTime({ time }: Dashboard): string[] {
  const from = "now-6h";
  return unless(time?.from === from && time.to === "now", `shows ${time?.from} to ${time?.to}, not ${from}`);
}

export function menu({ links = [] }: Dashboard): string[] {
  const found = links.some(
    ({ type, tags, asDropdown, keepTime, includeVars }) =>
      type === "dashboards" && tags.join() === "tts" && asDropdown && keepTime && includeVars,
  );
  return unless(found, "no dropdown of the dashboards with tag tts that keeps time and variables");
}

export function annotations(board: Dashboard): string[] {
  const enabled = annotationsOf(board).filter(({ enable, hide }) => enable && !hide);
  const read = parsed(enabled.map(({ name, expr = "" }) => ({ place: name, expr }))).flatMap(({ query }) =>
    metricsOf(query),
  );
  const events = Object.entries(EVENTS).flatMap(([what, pattern]) =>
    unless(
      read.some((name) => pattern.test(name)),
      `no annotations for ${what}`,
    ),
  );
  const firing = enabled.some(
    ({ expr = "" }) => /alertstate="firing"/.test(expr) && /service="tts"/.test(expr),
  );
  const fixed = annotationsOf(board).filter(({ datasource }) => datasource?.uid !== "${prometheus}");
  return [
    ...events,
    ...unless(firing, "annotations not of our firing alerts alone"),
    ...fixed.map(({ name }) => `${name} asks a fixed data source`),
  ];
}

/** Grafana takes no value but 1 for true. */
export function moments(board: Dashboard): string[] {
  return annotationsOf(board)
    .filter(({ expr = "", useValueForTime }) => !useValueForTime && /^(count|sum|avg)\b/.test(expr.trim()))
    .map(({ name }) => `${name} is seen only where it comes to 1`);
}

/** Grafana moves what says so from the page into a menu, where nobody looks. */
export function hiddenControls(board: Dashboard): string[] {
  const hidden = (board.templating.list ?? []).filter(({ hide }) => hide === 3).map(({ name }) => name);
  return [...textsIn(board).filter((text) => text === "inControlsMenu"), ...hidden];
}
