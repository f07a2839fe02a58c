import type { Dashboard, Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { type Lint, unless } from "../lint.ts";
import { placeOf } from "../queries.ts";
import { panelsOf, rowsOf, type Target, targetsOf } from "../read.ts";
import { DATA_SOURCES } from "./variables.ts";

/** Types that Grafana 10 to 13 have and that say something at a glance: no pie, nothing of Angular's time. */
const TYPES = ["bargauge", "heatmap", "stat", "state-timeline", "table", "text", "timeseries"];

/** What each panel must be, said for one. */
export function eachPanel(problems: (panel: Panel, board: Dashboard) => string[]): Lint {
  return (board) =>
    panelsOf(board).flatMap((panel) =>
      problems(panel, board).map((problem) => `${placeOf(panel)}: ${problem}`),
    );
}

/** … for those that show data. */
export function eachQuerying(problems: (panel: Panel, board: Dashboard) => string[]): Lint {
  return eachPanel((panel, board) => (panel.type === "text" ? [] : problems(panel, board)));
}

export const type = eachPanel(({ type }) => unless(TYPES.includes(type), `type ${type}`));

export const title = eachPanel(({ title }) => unless(Boolean(title?.trim()), "no title"));

export function rowTitles(board: Dashboard): string[] {
  return rowsOf(board).flatMap(({ id, title }) => unless(Boolean(title?.trim()), `row ${id} has no title`));
}

export const description = eachPanel(({ description = "" }) => {
  const sentences = description.match(/[.!?](?=\s|$)/g) ?? [];
  return unless(sentences.length >= 2, "does not say in two sentences what is normal and what to do");
});

export const noValue = eachQuerying(({ fieldConfig }) =>
  unless(Boolean(fieldConfig?.defaults.noValue?.trim()), "no text for no data"),
);

export const reducers = eachQuerying(({ options }) => {
  const calcs: string[] | undefined = options?.reduceOptions?.calcs;
  return unless(calcs === undefined || calcs.length > 0, "no reducer, so no value");
});

export const targets = eachQuerying((panel) => {
  const found = targetsOf(panel);
  const letters = new Set(found.map(({ refId }) => refId).filter(Boolean));
  return [
    ...unless(found.length > 0, "no query"),
    ...unless(letters.size === found.length, "queries without a letter of their own"),
    ...found.flatMap(({ refId, expr, rawSql }) => unless(Boolean(expr || rawSql), `query ${refId} is empty`)),
  ];
});

export const dataSource = eachQuerying((panel) => [
  ...unless(sourceOf(panel) !== undefined, `fixed data source ${panel.datasource?.uid}`),
  ...targetsOf(panel).flatMap((target) => {
    const wanted = target.rawSql === undefined ? "prometheus" : "postgres";
    return unless(
      sourceOf(target) === wanted && sourceOf(panel) === wanted,
      `query ${target.refId} not from $${wanted}`,
    );
  }),
]);

export const instantTables = eachPanel((panel) => {
  if (panel.type !== "table") return [];
  const asked = targetsOf(panel).filter(({ expr }) => expr !== undefined);
  return asked.flatMap(({ refId, instant, format }) =>
    unless(instant === true && format === "table", `query ${refId} gives more than a row a series`),
  );
});

function sourceOf({ datasource }: Panel | Target): string | undefined {
  const { type, uid } = datasource ?? {};
  return Object.keys(DATA_SOURCES).find((name) => uid === `\${${name}}` && type === DATA_SOURCES[name]);
}
