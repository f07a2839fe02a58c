import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
  LegendDisplayMode,
  LegendPlacement,
  type VizLegendOptions,
  VizLegendOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";

/** The names in a row under the panel. The SDK hides them where nobody says otherwise. */
export function legendBelow(): Builder<VizLegendOptions> {
  return new VizLegendOptionsBuilder()
    .displayMode(LegendDisplayMode.List)
    .placement(LegendPlacement.Bottom)
    .calcs([])
    .showLegend(true);
}
