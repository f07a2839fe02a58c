import { TableCellDisplayMode } from "@grafana/grafana-foundation-sdk/common";
import type {
  DataTransformerConfig,
  DynamicConfigValue,
  ValueMapping,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder as TableBuilder } from "@grafana/grafana-foundation-sdk/table";
import { POSTGRES, PROMETHEUS } from "../datasources.ts";
import type { Link } from "../links.ts";
import { type Query, sqlQuery, tableQuery } from "../queries.ts";
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

export interface MetricTableOptions extends TableOptions {
  /** A row a combination of labels, which all queries keep. The first fills the first value column, and so on. */
  queries: readonly string[];
  /** Of the data, in the order of the columns: labels, and `Value #A` for the first query's values. */
  fields: readonly string[];
}

/** Rows of Prometheus, as they are at the end of the page's time. */
export function metricTable(options: MetricTableOptions): PanelBuilder {
  const { queries, fields, columns } = options;
  const titles = columns.map(({ title }) => title);
  // A single query's values bear no letter.
  const names = fields.map((field) => (queries.length === 1 ? field.replace("Value #A", "Value") : field));
  const transformations: DataTransformerConfig[] = [
    ...(queries.length > 1 ? [{ id: "merge", options: {} }] : []),
    { id: "filterFieldsByName", options: { include: { names } } },
    {
      id: "organize",
      options: {
        indexByName: Object.fromEntries(names.map((name, index) => [name, index])),
        renameByName: Object.fromEntries(names.map((name, index) => [name, titles[index] ?? name])),
      },
    },
  ];
  return table(options, queries.map(tableQuery), PROMETHEUS).transformations(transformations);
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
