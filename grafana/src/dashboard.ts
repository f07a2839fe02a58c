import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  RowBuilder,
} from "@grafana/grafana-foundation-sdk/dashboard";
import type { DASHBOARDS } from "../../prometheus/src/sites.ts";
import { annotations } from "./annotations.ts";
import { finished } from "./finish.ts";
import { menuOfDashboards } from "./links.ts";
import type { PanelBuilder } from "./panels/panel.ts";
import { dataSourceVariables, type Variable } from "./variables.ts";

type Uid = keyof typeof DASHBOARDS;

interface Section {
  /** of the row above the panels; the first section may do without */
  title?: string;
  panels: readonly PanelBuilder[];
  /** the variable for each of whose values the row stands again */
  repeat?: string;
}

export interface DashboardOptions<U extends Uid> {
  uid: U;
  title: string;
  /** the question that it answers */
  description: string;
  /** at least those that links may set */
  variables: Readonly<Record<(typeof DASHBOARDS)[U][number], Variable>> & Readonly<Record<string, Variable>>;
  sections: readonly Section[];
}

/** A page with what all of ours have. */
export function dashboard<U extends Uid>(options: DashboardOptions<U>): Dashboard {
  const { uid, title, description, variables, sections } = options;
  const builder = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags(["tts"])
    .timezone("browser")
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .refresh("30s")
    .time({ from: "now-6h", to: "now" })
    .variables([...dataSourceVariables(), ...Object.values<Variable>(variables)])
    .annotations(annotations())
    .links([menuOfDashboards()]);
  for (const section of sections) {
    if (section.title !== undefined) builder.withRow(rowOf(section.title, section.repeat));
    for (const panel of section.panels) builder.withPanel(panel);
  }
  return finished(builder.build());
}

function rowOf(title: string, repeat: string | undefined): RowBuilder {
  const row = new RowBuilder(title);
  return repeat === undefined ? row : row.repeat(repeat);
}
