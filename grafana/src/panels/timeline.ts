import { VisibilityMode } from "@grafana/grafana-foundation-sdk/common";
import {
  FieldColorBuilder,
  FieldColorModeId,
  type ValueMapping,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder as TimelineBuilder } from "@grafana/grafana-foundation-sdk/statetimeline";
import { MUTED } from "../colours.ts";
import { type Metric, rangeQuery } from "../queries.ts";
import { legendBelow } from "./legend.ts";
import { framed, type PanelBuilder, type PanelOptions } from "./panel.ts";

export interface TimelineOptions extends PanelOptions {
  queries: readonly Metric[];
  unit: string;
  mappings: readonly ValueMapping[];
}

/** States over time, a line a series; by threshold, Grafana would colour them without asking the mappings. */
export function timeline(options: TimelineOptions): PanelBuilder {
  return framed(new TimelineBuilder(), options, options.queries.map(rangeQuery))
    .unit(options.unit)
    .mappings([...options.mappings])
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Fixed).fixedColor(MUTED))
    .showValue(VisibilityMode.Never)
    .mergeValues(true)
    .rowHeight(0.8)
    .lineWidth(0)
    .fillOpacity(80)
    .legend(legendBelow());
}
