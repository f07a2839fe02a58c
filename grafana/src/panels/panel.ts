import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import type { DataSourceRef } from "@grafana/grafana-foundation-sdk/common";
import type { DashboardLink, Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { PROMETHEUS } from "../datasources.ts";
import type { Link } from "../links.ts";
import type { Query } from "../queries.ts";

export type PanelBuilder = Builder<Panel>;

/** What every panel has. */
export interface PanelOptions {
  title: string;
  /** what is normal, and what to do when it is not */
  description: string;
  /** what stands there without data: what that means */
  noValue: string;
  /** of 24 columns */
  width: number;
  /** rows of 30 pixels */
  height: number;
  /** of the title */
  link?: Link;
}

/** What the SDK's builders of panels have in common, and no interface says. */
interface AnyPanelBuilder extends PanelBuilder {
  title(title: string): this;
  description(description: string): this;
  noValue(text: string): this;
  span(columns: number): this;
  height(rows: number): this;
  datasource(datasource: DataSourceRef): this;
  targets(targets: Query[]): this;
  links(links: Builder<DashboardLink>[]): this;
}

/** The panel with its frame and its queries. */
export function framed<B extends AnyPanelBuilder>(
  builder: B,
  { title, description, noValue, width, height, link }: PanelOptions,
  queries: readonly Query[],
  datasource: DataSourceRef = PROMETHEUS,
): B {
  const panel = builder.title(title).description(description).noValue(noValue);
  return panel
    .span(width)
    .height(height)
    .datasource(datasource)
    .targets([...queries])
    .links(link ? [link] : []);
}
