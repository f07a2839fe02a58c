import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
  type ThresholdsConfig,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from "@grafana/grafana-foundation-sdk/dashboard";

/** A colour from a value on, in the panel's unit. */
export type Step = readonly [from: number, colour: string];

/** Colours of values, the first from minus infinity on. Steps that an alert knows come from `objectives.ts`. */
export interface Scale {
  base: string;
  steps: readonly Step[];
}

export function scale(base: string, ...steps: Step[]): Scale {
  return { base, steps };
}

export function thresholdsOf({ base, steps }: Scale): Builder<ThresholdsConfig> {
  const known = steps.map(([value, color]) => ({ value, color }));
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps([{ value: null, color: base }, ...known]);
}
