import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { SEVERITY_COLOURS, STATUS_COLOURS, WORKER_STATE_COLOURS } from "../../../../grafana/src/colours.ts";
import { unless } from "../lint.ts";
import { eachPanel } from "./panels.ts";

/** The colours of states, which are the same whatever the question; those of `yes` and `waiting` are not. */
export const MEANT: Readonly<Record<string, string>> = {
  ...STATUS_COLOURS,
  ...WORKER_STATE_COLOURS,
  ...SEVERITY_COLOURS,
};

export const states = eachPanel((panel) =>
  [...linesOf(panel), ...valuesOf(panel)].flatMap(([name, colour]) =>
    unless(MEANT[name] === undefined || MEANT[name] === colour, `${name} is ${colour}, not ${MEANT[name]}`),
  ),
);

type Coloured = [name: string, colour: string];

function linesOf({ fieldConfig }: Panel): Coloured[] {
  return (fieldConfig?.overrides ?? []).flatMap(({ matcher, properties }) =>
    properties
      .filter(({ id, value }) => id === "color" && value.fixedColor)
      .map(({ value }): Coloured => [String(matcher.options), value.fixedColor]),
  );
}

function valuesOf({ fieldConfig }: Panel): Coloured[] {
  const { defaults, overrides = [] } = fieldConfig ?? {};
  const ofColumns = overrides.flatMap(({ properties }) =>
    properties.filter(({ id }) => id === "mappings").flatMap(({ value }) => value),
  );
  return [...(defaults?.mappings ?? []), ...ofColumns]
    .filter(({ type }) => type === "value")
    .flatMap(({ options }) => Object.entries<{ text?: string; color?: string }>(options))
    .flatMap(([value, { text = value, color }]): Coloured[] => (color ? [[text, color]] : []));
}
