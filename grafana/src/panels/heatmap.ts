import { HeatmapCellLayout } from "@grafana/grafana-foundation-sdk/common";
import {
  PanelBuilder as HeatmapBuilder,
  HeatmapColorMode,
  HeatmapColorOptionsBuilder,
  RowsHeatmapOptionsBuilder,
  YAxisConfigBuilder,
} from "@grafana/grafana-foundation-sdk/heatmap";
import { heatmapQuery } from "../queries.ts";
import { framed, type PanelBuilder, type PanelOptions } from "./panel.ts";

export interface HeatmapOptions extends PanelOptions {
  /** buckets of a histogram, summed by `le` */
  expr: string;
  /** of the buckets' bounds */
  unit: string;
}

/** How many fell into which bucket, over time. */
export function heatmap(options: HeatmapOptions): PanelBuilder {
  const colour = new HeatmapColorOptionsBuilder()
    .mode(HeatmapColorMode.Scheme)
    .scheme("Blues")
    .steps(64)
    .fill("blue");
  return framed(new HeatmapBuilder(), options, [heatmapQuery(options.expr)])
    .calculate(false)
    .rowsFrame(new RowsHeatmapOptionsBuilder().layout(HeatmapCellLayout.Auto))
    .yAxis(new YAxisConfigBuilder().unit(options.unit))
    .unit("short")
    .color(colour)
    .cellGap(1)
    .showLegend();
}
