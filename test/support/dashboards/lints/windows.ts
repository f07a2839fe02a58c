import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import type { SyntaxNode } from "@lezer/common";
import { childrenOf, nodesOf, type Query, textOf } from "../../promql.ts";
import { callsAround } from "../../promql-checks.ts";
import { textsIn, unless } from "../lint.ts";
import { STAND_INS } from "../queries.ts";
import { targetsOf } from "../read.ts";
import { eachPanelQuery } from "./promql.ts";

const UNITS: Readonly<Record<string, string>> = { s: "seconds?", m: "min|minutes?", h: "hours?", d: "days?" };
/** What a failed scrape or two may leave blank, which no reader needs to be told. */
const BRIDGE = /^[1-5]m$/;

/** A rate follows the page's zoom; another window is what the panel says it is. */
export const windows = eachPanelQuery(({ query, panel }) =>
  nodesOf(query.root, "MatrixSelector").flatMap((matrix) => {
    const window = windowOf(query, matrix);
    const [name = ""] = callsAround(query, matrix);
    if (window === STAND_INS.__interval) return [`${name}() over $__interval`];
    if (name === "rate") return unless(window === STAND_INS.__rate_interval, `rate() over ${window}`);
    if (window === STAND_INS.__rate_interval || window === STAND_INS.__range) return [];
    if (/^(last|min|max|present)_over_time$/.test(name) && BRIDGE.test(window)) return [];
    return unless(
      panel !== undefined && states(panel, window),
      `${name}() over ${window}, which it does not say`,
    );
  }),
);

function windowOf(query: Query, matrix: SyntaxNode): string {
  const duration = childrenOf(matrix).find(({ name }) => /Duration/.test(name));
  return duration ? textOf(query, duration) : "";
}

/** In its title, in a legend or in a column's header. */
function states(panel: Panel, window: string): boolean {
  const [, number = "", letter = ""] = /^(\d+)(\w)$/.exec(window) ?? [];
  const words = number === "1" ? `|\\b(an?|last|per|this) (${UNITS[letter]})\\b` : "";
  const pattern = new RegExp(`\\b${number} ?(${letter}|${UNITS[letter]})\\b${words}`, "i");
  const { title, fieldConfig, transformations } = panel;
  const shown = [
    title,
    ...targetsOf(panel).map(({ legendFormat }) => legendFormat),
    fieldConfig?.overrides,
    transformations,
  ];
  return textsIn(shown).some((text) => pattern.test(text));
}
