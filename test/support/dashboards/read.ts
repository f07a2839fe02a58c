import { readdirSync, readFileSync } from "node:fs";
import type {
  AnnotationQuery,
  Dashboard,
  DashboardLink,
  Panel,
  RowPanel,
  VariableModel,
} from "@grafana/grafana-foundation-sdk/dashboard";

const FOLDER = "grafana/dashboards";

/** A query of a panel or an annotation, to Prometheus (`expr`) or to PostgreSQL (`rawSql`). */
export interface Target {
  refId: string;
  datasource?: { type: string; uid: string };
  expr?: string;
  rawSql?: string;
  format?: string;
  instant?: boolean;
  range?: boolean;
  legendFormat?: string;
}

/** The dashboards as they are committed, for that is what Grafana reads. */
export const BOARDS: readonly Dashboard[] = readdirSync(FOLDER).map((name) =>
  JSON.parse(readFileSync(`${FOLDER}/${name}`, "utf8")),
);

/** Its panels, without its rows but with what these hold. */
export function panelsOf({ panels = [] }: Dashboard): Panel[] {
  return panels.flatMap((panel) => (isRow(panel) ? panel.panels : [panel]));
}

export function rowsOf({ panels = [] }: Dashboard): RowPanel[] {
  return panels.filter(isRow);
}

export function variablesOf({ templating }: Dashboard): VariableModel[] {
  return templating.list ?? [];
}

export function annotationsOf({ annotations }: Dashboard): AnnotationQuery[] {
  return annotations.list ?? [];
}

export function targetsOf({ targets = [] }: Panel): Target[] {
  return targets as unknown as Target[];
}

/** The links of the panel's title, of all its values and of single fields. */
export function linksOf({ links = [], fieldConfig }: Panel): Pick<DashboardLink, "title" | "url">[] {
  const overridden = (fieldConfig?.overrides ?? []).flatMap(({ properties }) =>
    properties.filter(({ id }) => id === "links").flatMap(({ value }) => value),
  );
  return [...links, ...(fieldConfig?.defaults.links ?? []), ...overridden];
}

function isRow(panel: Panel | RowPanel): panel is RowPanel {
  return panel.type === "row";
}
