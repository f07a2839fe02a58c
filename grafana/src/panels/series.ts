import {
  GraphDrawStyle,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import {
  type DynamicConfigValue,
  FieldColorBuilder,
  FieldColorModeId,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder as SeriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import type { Link } from "../links.ts";
import { type Metric, rangeQuery } from "../queries.ts";
import { type Scale, thresholdsOf } from "../thresholds.ts";
import { legendBelow } from "./legend.ts";
import { fixedColour } from "./overrides.ts";
import { framed, type PanelBuilder, type PanelOptions } from "./panel.ts";

export interface SeriesOptions extends PanelOptions {
  queries: readonly Metric[];
  unit: string;
  /** by the name in the legend */
  colours?: Readonly<Record<string, string>>;
  /** a name has one colour on all panels, whichever others there are */
  colourByName?: boolean;
  /** drawn as dashed lines */
  limits?: Scale;
  decimals?: number;
  min?: number;
  max?: number;
  /** the axis reaches at least so far */
  softMin?: number;
  softMax?: number;
  stacked?: boolean;
  /** names in the legend whose lines stand before the stack */
  unstacked?: readonly string[];
  /** where a click on a point leads */
  pointLink?: Link;
}

const UNSTACKED: DynamicConfigValue[] = [
  { id: "custom.stacking", value: { mode: StackingMode.None, group: "A" } },
  { id: "custom.fillOpacity", value: 0 },
];

/** Lines over time. */
export function series(options: SeriesOptions): PanelBuilder {
  const {
    queries,
    unit,
    limits,
    colours = {},
    colourByName,
    decimals,
    min,
    max,
    softMin,
    softMax,
    pointLink,
  } = options;
  const panel = drawn(framed(new SeriesBuilder(), options, queries.map(rangeQuery)), options)
    .unit(unit)
    .dataLinks(pointLink ? [pointLink] : []);
  for (const [name, colour] of Object.entries(colours)) panel.overrideByName(name, [fixedColour(colour)]);
  for (const name of options.unstacked ?? []) panel.overrideByName(name, UNSTACKED);
  if (colourByName) panel.colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassicByName));
  if (limits) {
    const dashed = new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed);
    panel.thresholds(thresholdsOf(limits)).thresholdsStyle(dashed);
  }
  if (decimals !== undefined) panel.decimals(decimals);
  if (min !== undefined) panel.min(min);
  if (max !== undefined) panel.max(max);
  if (softMin !== undefined) panel.axisSoftMin(softMin);
  if (softMax !== undefined) panel.axisSoftMax(softMax);
  return panel;
}

function drawn(panel: SeriesBuilder, { stacked = false }: SeriesOptions) {
  const stacking = new StackingConfigBuilder().mode(stacked ? StackingMode.Normal : StackingMode.None);
  return panel
    .drawStyle(GraphDrawStyle.Line)
    .lineWidth(2)
    .fillOpacity(stacked ? 30 : 0)
    .showPoints(VisibilityMode.Never)
    .stacking(stacking.group("A"))
    .legend(legendBelow())
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
}
