import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
} from "@grafana/grafana-foundation-sdk/common";
import type { ValueMapping } from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import type { Link } from "../links.ts";
import { instantQuery, type Metric } from "../queries.ts";
import { type Scale, thresholdsOf } from "../thresholds.ts";
import { framed, type PanelBuilder, type PanelOptions } from "./panel.ts";

export interface StatOptions extends PanelOptions {
  /** several stand side by side, under their legends */
  queries: readonly Metric[];
  unit: string;
  scale: Scale;
  /** by the name in the legend, where it is not the panel's */
  scales?: Readonly<Record<string, Scale>>;
  decimals?: number;
  mappings?: readonly ValueMapping[];
  /** of the values: where a click leads */
  valueLink?: Link;
}

/** A number or a few, as they are now. */
export function stat(options: StatOptions): PanelBuilder {
  const { queries, unit, scale, scales = {}, decimals, mappings, valueLink } = options;
  const panel = framed(new StatBuilder(), options, queries.map(instantQuery))
    .unit(unit)
    .thresholds(thresholdsOf(scale))
    .mappings([...(mappings ?? [])])
    .colorMode(BigValueColorMode.Value)
    .graphMode(BigValueGraphMode.None)
    .textMode(queries.length > 1 ? BigValueTextMode.ValueAndName : BigValueTextMode.Value)
    .dataLinks(valueLink ? [valueLink] : []);
  for (const [name, own] of Object.entries(scales)) {
    panel.overrideByName(name, [{ id: "thresholds", value: thresholdsOf(own).build() }]);
  }
  return decimals === undefined ? panel : panel.decimals(decimals);
}
