import { TableCellDisplayMode } from "@grafana/grafana-foundation-sdk/common";
import type {
  DataTransformerConfig,
  DynamicConfigValue,
  ValueMapping,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder as TableBuilder } from "@grafana/grafana-foundation-sdk/table";
import { POSTGRES, PROMETHEUS } from "../datasources.ts";
import type { Link } from "../links.ts";
import { type Query, refId, sqlQuery, tableQuery } from "../queries.ts";
import { type Scale, thresholdsOf } from "../thresholds.ts";
import { framed, type PanelBuilder, type PanelOptions } from "./panel.ts";

export interface Column {
  /** as it stands in the header */
  title: string;
  unit?: string;
  decimals?: number;
  /** in pixels; what has none shares the rest */
  width?: number;
  /** … and has at least so many, 150 by default */
  minWidth?: number;
  /** colours the text */
  scale?: Scale;
  /** their colours colour the text */
  mappings?: readonly ValueMapping[];
  links?: readonly Link[];
  /** long texts take several lines, and their row's height */
  wrapped?: boolean;
}

interface TableOptions extends PanelOptions {
  columns: readonly Column[];
  sortBy?: { title: string; descending: boolean };
}

export interface SqlTableOptions extends TableOptions {
  /** one SELECT, whose columns bear the titles */
  sql: string;
}

/** Rows of PostgreSQL. */
export function sqlTable(options: SqlTableOptions): PanelBuilder {
  return table(options, [sqlQuery(options.sql)], POSTGRES);
}

/** A column of a label, or of the values of a query; with both, of a label that only this query has. */
export interface MetricColumn extends Column {
  label?: string;
  query?: string;
}

interface MetricTableOptions extends TableOptions {
  /** A row is a combination of labels, which all queries keep. */
  columns: readonly MetricColumn[];
}

/** Rows of Prometheus, as they are at the end of the page's time. */
export function metricTable(options: MetricTableOptions): PanelBuilder {
  const queries = options.columns.flatMap(({ query }) => query ?? []);
  const names = fieldsOf(options.columns);
  const transformations: DataTransformerConfig[] = [
    ...(queries.length > 1 ? [{ id: "merge", options: {} }] : []),
    { id: "filterFieldsByName", options: { include: { names } } },
    {
      id: "organize",
      options: {
        indexByName: Object.fromEntries(names.map((name, index) => [name, index])),
        renameByName: Object.fromEntries(options.columns.map(({ title }, index) => [names[index], title])),
      },
    },
  ];
  return table(options, queries.map(tableQuery), PROMETHEUS).transformations(transformations);
}

/** The columns' names in the data: labels, and each query's values, which bear its letter where there are several. */
function fieldsOf(columns: readonly MetricColumn[]): string[] {
  const asking = columns.filter(({ query }) => query !== undefined);
  return columns.map((column) => {
    if (column.label !== undefined) return column.label;
    return asking.length > 1 ? `Value #${refId(asking.indexOf(column))}` : "Value";
  });
}

function table(options: TableOptions, queries: Query[], datasource: typeof PROMETHEUS): TableBuilder {
  const panel = framed(new TableBuilder(), options, queries, datasource).showHeader(true);
  for (const column of options.columns) panel.overrideByName(column.title, propertiesOf(column));
  const { sortBy } = options;
  return sortBy
    ? panel.sortBy([{ build: () => ({ displayName: sortBy.title, desc: sortBy.descending }) }])
    : panel;
}

function propertiesOf(column: Column): DynamicConfigValue[] {
  const { unit, decimals, width, minWidth, scale, mappings, links, wrapped } = column;
  const coloured = scale !== undefined || mappings !== undefined;
  const properties: [string, unknown][] = [
    ["unit", unit],
    ["decimals", decimals],
    ["custom.width", width],
    ["custom.minWidth", minWidth],
    ["thresholds", scale && thresholdsOf(scale).build()],
    ["mappings", mappings],
    ["links", links?.map((link) => link.build())],
    // Else an empty cell would say what the panel says without rows.
    ["noValue", "–"],
    ["custom.cellOptions", coloured ? { type: TableCellDisplayMode.ColorText } : undefined],
    // The one until Grafana 12.1, the other since.
    ["custom.cellOptions", wrapped ? { type: TableCellDisplayMode.Auto, wrapText: true } : undefined],
    ["custom.wrapText", wrapped],
  ];
  return properties.filter(([, value]) => value !== undefined).map(([id, value]) => ({ id, value }));
}
