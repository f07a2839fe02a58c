import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
  ConstantVariableBuilder,
  CustomVariableBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  TextBoxVariableBuilder,
  type VariableModel,
  type VariableOption,
  VariableRefresh,
  VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { EXPORTER_URL } from "../../prometheus/src/sites.ts";
import {
  POSTGRES,
  POSTGRES_TYPE,
  POSTGRES_UID,
  PROMETHEUS,
  PROMETHEUS_TYPE,
  PROMETHEUS_UID,
} from "./datasources.ts";

export type Variable = Builder<VariableModel>;

// Grafana inserts it as it is, whatever the format: quoted here.
const ALL_ROWS = "'*'";
const ALL: VariableOption = { text: ["All"], value: ["$__all"] };

export function dataSourceVariables(): Variable[] {
  return [
    new DatasourceVariableBuilder("prometheus")
      .label("Prometheus")
      .type(PROMETHEUS_TYPE)
      .current({ text: "TTS Prometheus", value: PROMETHEUS_UID }),
    new DatasourceVariableBuilder("postgres")
      .label("PostgreSQL")
      .type(POSTGRES_TYPE)
      .current({ text: "TTS PostgreSQL", value: POSTGRES_UID }),
  ];
}

/** The workers that the database knew in the page's time, for `worker=~"$worker"`. */
export function workerOfMetrics(): Variable {
  const query = "label_values(tts_db_worker_heartbeat_age_seconds, worker)";
  return chosen(new QueryVariableBuilder("worker"), "Worker")
    .datasource(PROMETHEUS)
    .query({ query, refId: "worker" })
    .definition(query)
    .allValue(".*");
}

/** The workers that have a row; for conditions made by `isChosen`. */
export function workerOfRows(): Variable {
  const query = "select worker from tts_monitor.workers order by worker limit 1000";
  return chosen(new QueryVariableBuilder("worker"), "Worker")
    .datasource(POSTGRES)
    .query(query)
    .definition(query)
    .allValue(ALL_ROWS);
}

/** One or several of a closed list, all of it by default. */
export function choice(name: string, label: string, values: readonly string[]): CustomVariableBuilder {
  return new CustomVariableBuilder(name)
    .label(label)
    .values(values.join(","))
    .options([
      { text: "All", value: "$__all", selected: true },
      ...values.map((value) => ({ text: value, value, selected: false })),
    ])
    .multi(true)
    .includeAll(true)
    .current(ALL);
}

/** The same, for conditions made by `isChosen`. */
export function choiceOfRows(name: string, label: string, values: readonly string[]): Variable {
  return choice(name, label, values).allValue(ALL_ROWS);
}

export function textBox(name: string, label: string, description: string): Variable {
  return new TextBoxVariableBuilder(name)
    .label(label)
    .description(description)
    .defaultValue("")
    .current({ text: "", value: "" });
}

/** Where the API is, for commands to copy. */
export function exporterUrl(): Variable {
  return new ConstantVariableBuilder("exporter").label("Exporter").value(EXPORTER_URL);
}

/** A condition of SQL: the column's value is among the variable's, or all are wanted, which then lets null pass too. */
export function isChosen(column: string, variable: string): string {
  const values = `\${${variable}:sqlstring}`;
  return `('*' in (${values}) or ${column} in (${values}))`;
}

function chosen(builder: QueryVariableBuilder, label: string): QueryVariableBuilder {
  return builder
    .label(label)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.NaturalAsc)
    .multi(true)
    .includeAll(true)
    .current(ALL);
}
