import type { DynamicConfigValue, FieldConfig, Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { REASONS } from "../../../../src/domain/reason.ts";
import { STATUSES } from "../../../../src/domain/task.ts";
import { labelsOf } from "../../promql-labels.ts";
import { unless } from "../lint.ts";
import { withoutVariables } from "../queries.ts";
import { targetsOf } from "../read.ts";
import { eachQuerying } from "./panels.ts";

/** Columns of SQL that hold words, or numbers that name a row: all others count, measure or tell the time. */
const WORDS = [
  ...["Audio", "Task", "Text"],
  ...["Answered by", "By", "File", "Message", "Program", "Reason", "Relation", "Runbook", "Same process"],
  ...["URL", "Worker"],
];

/** What a legend made of labels may come to. */
const LABEL_VALUES: readonly string[] = [...STATUSES, ...REASONS, ...["idle", "busy", "waiting"]];

export const unit = eachQuerying((panel) => {
  if (panel.type === "table") return numbersWithoutUnit(panel);
  const { fieldConfig, options } = panel;
  const known = hasUnit(fieldConfig?.defaults ?? {}) || Boolean(options?.yAxis?.unit);
  return unless(known, "no unit and no value mappings");
});

/** Prometheus gives a column a label, and one of values; a filter or a name for another does nothing. */
export const columns = eachQuerying((panel) => {
  const given = [
    "Time",
    ...labelColumns(panel),
    ...targetsOf(panel).map(({ refId }) => valueColumn(panel, refId)),
  ];
  const wanted = [...(shownOf(panel) ?? []), ...Object.keys(renamesOf(panel))];
  if (targetsOf(panel).some(({ rawSql }) => rawSql !== undefined)) return [];
  return wanted.filter((name) => !given.includes(name)).map((name) => `there is no column ${name}`);
});

/** An override of a column that is not there does nothing, and nobody sees it. */
export const overrides = eachQuerying((panel) => {
  const texts = namesIn(panel);
  const known = texts.some((text) => text.includes("{{")) ? [...texts, ...LABEL_VALUES] : texts;
  return overridesOf(panel)
    .filter(({ column }) => column !== undefined && !known.includes(column))
    .map(({ column }) => `an override of ${column}, which is not there`);
});

/** The columns or series that its queries surely name, and templates of more. */
function namesIn(panel: Panel): string[] {
  const targets = targetsOf(panel);
  const renamed = Object.values(renamesOf(panel));
  const values = targets.map((target) => valueColumn(panel, target.refId));
  const legends = targets.flatMap(({ legendFormat, format }) =>
    format === "table" ? [] : (legendFormat ?? "{{}}"),
  );
  return [...renamed, ...sqlColumns(panel), ...labelColumns(panel), ...values, ...legends].filter(
    (name) => name !== undefined,
  );
}

function numbersWithoutUnit(panel: Panel): string[] {
  if (hasUnit(panel.fieldConfig?.defaults ?? {})) return [];
  const known = overridesOf(panel)
    .filter(({ properties }) => properties.some(({ id }) => id === "unit" || id === "mappings"))
    .map(({ column }) => column);
  return [...valuesOf(panel), ...sqlColumns(panel).filter((name) => !WORDS.includes(name))]
    .filter((column) => !known.includes(column))
    .map((column) => `${column} has no unit`);
}

/** Of the queries to Prometheus, as the table calls them. */
function valuesOf(panel: Panel): string[] {
  const shown = shownOf(panel);
  return targetsOf(panel)
    .filter(({ expr }) => expr !== undefined)
    .map(({ refId }) => valueColumn(panel, refId))
    .filter((value) => shown?.includes(value) ?? true)
    .map((value) => renamesOf(panel)[value] ?? value);
}

function sqlColumns(panel: Panel): string[] {
  return targetsOf(panel).flatMap(({ rawSql = "" }) =>
    [...rawSql.matchAll(/\bas "([^"]+)"/g)].map(([, name = ""]) => name),
  );
}

function labelColumns(panel: Panel): string[] {
  return targetsOf(panel).flatMap(({ expr, format }) =>
    expr !== undefined && format === "table" ? labelsOf(withoutVariables(expr)) : [],
  );
}

function valueColumn(panel: Panel, refId: string): string {
  return targetsOf(panel).length > 1 ? `Value #${refId}` : "Value";
}

/** Undefined where all are. */
function shownOf({ transformations = [] }: Panel): string[] | undefined {
  const filter = transformations.find(({ id }) => id === "filterFieldsByName");
  return filter?.options.include?.names;
}

function renamesOf({ transformations = [] }: Panel): Record<string, string> {
  return Object.assign({}, ...transformations.map(({ options }) => options?.renameByName ?? {}));
}

function overridesOf({
  fieldConfig,
}: Panel): { column: string | undefined; properties: DynamicConfigValue[] }[] {
  return (fieldConfig?.overrides ?? []).map(({ matcher, properties }) => ({
    column: matcher.id === "byName" ? String(matcher.options) : undefined,
    properties,
  }));
}

function hasUnit({ unit, mappings = [] }: FieldConfig): boolean {
  return Boolean(unit) || mappings.length > 0;
}
