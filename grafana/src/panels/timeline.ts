import {
  LegendDisplayMode,
  LegendPlacement,
  VisibilityMode,
  VizLegendOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import {
  FieldColorBuilder,
  FieldColorModeId,
  type ValueMapping,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder as TimelineBuilder } from "@grafana/grafana-foundation-sdk/statetimeline";
import { type Metric, rangeQuery } from "../queries.ts";
import { type Scale, thresholdsOf } from "../thresholds.ts";
import { framed, type PanelBuilder, type PanelOptions } from "./panel.ts";

export interface TimelineOptions extends PanelOptions {
  queries: readonly Metric[];
  unit: string;
  /** colours where no value has a mapping */
  scale: Scale;
  mappings: readonly ValueMapping[];
}

/** States over time, a line a series. */
export function timeline(options: TimelineOptions): PanelBuilder {
  const legend = new VizLegendOptionsBuilder()
    .displayMode(LegendDisplayMode.List)
    .placement(LegendPlacement.Bottom)
    .showLegend(true);
  return framed(new TimelineBuilder(), options, options.queries.map(rangeQuery))
    .unit(options.unit)
    .mappings([...options.mappings])
    .thresholds(thresholdsOf(options.scale))
    .colorScheme(colourOf(options))
    .showValue(VisibilityMode.Never)
    .mergeValues(true)
    .rowHeight(0.8)
    .lineWidth(0)
    .fillOpacity(80)
    .legend(legend);
}

/** With colours by threshold Grafana merges what has the same one, and asks no mapping. */
function colourOf({ mappings, scale }: TimelineOptions): FieldColorBuilder {
  const colour = new FieldColorBuilder();
  return mappings.length > 0
    ? colour.mode(FieldColorModeId.Fixed).fixedColor(scale.base)
    : colour.mode(FieldColorModeId.Thresholds);
}
