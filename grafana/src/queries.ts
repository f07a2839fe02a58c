import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import { DataqueryBuilder, PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import { POSTGRES, PROMETHEUS } from "./datasources.ts";

export type Query = Builder<Dataquery>;

/** A query of Prometheus. `legend` may name labels as `{{label}}`. */
export interface Metric {
  expr: string;
  legend: string;
}

/** Recording rules give a sample so often; four of them are then the shortest `$__rate_interval`. */
const SHORTEST_STEP = "30s";

/** A, B, C…: as Grafana names a panel's queries. */
export function refId(index: number): string {
  return String.fromCharCode("A".charCodeAt(0) + index);
}

/** Over the page's time. */
export function rangeQuery({ expr, legend }: Metric): Query {
  return overTime(expr).legendFormat(legend);
}

/** At the end of the page's time: where nothing is there any more, nothing is shown. */
export function instantQuery({ expr, legend }: Metric): Query {
  return new DataqueryBuilder().datasource(PROMETHEUS).expr(expr).legendFormat(legend).instant();
}

/** At the end of the page's time, a row a series, a column a label. */
export function tableQuery(expr: string): Query {
  return new DataqueryBuilder().datasource(PROMETHEUS).expr(expr).format(PromQueryFormat.Table).instant();
}

/** Buckets over the page's time. @param expr keeps the label `le` */
export function heatmapQuery(expr: string): Query {
  return overTime(expr).format(PromQueryFormat.Heatmap).legendFormat("{{le}}");
}

/** One SELECT of PostgreSQL, its columns named as the table shows them. The SDK has no builder of such queries. */
export function sqlQuery(sql: string): Query {
  const query = { datasource: POSTGRES, format: "table", editorMode: "code", rawQuery: true, rawSql: sql };
  return { build: () => ({ ...query, _implementsDataqueryVariant() {} }) };
}

function overTime(expr: string): DataqueryBuilder {
  return new DataqueryBuilder().datasource(PROMETHEUS).expr(expr).range().interval(SHORTEST_STEP);
}
