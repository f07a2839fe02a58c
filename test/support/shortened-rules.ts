import { ruleFiles } from "../../prometheus/src/files.ts";
import { type Duration, THRESHOLDS, type Thresholds } from "../../prometheus/src/objectives.ts";
import type { Group, Rule } from "../../prometheus/src/rule.ts";
import { rulesFile } from "../../prometheus/src/yaml.ts";
import { nodesOf, parseQuery, secondsOf, textOf } from "./promql.ts";

/** So many times faster than in production. */
export const SPEED = 75;
/** of scrapes and of evaluations, in seconds: a 75th of the real one would be the scrape's own duration */
export const INTERVAL = 1;
// What is shorter than four intervals may lie between two of them.
const SHORTEST_RANGE = 4 * INTERVAL;
// One bad scrape is no outage.
const SHORTEST_WAIT = 2 * INTERVAL;
// Longer than what an alert looks back, as it is in production.
const SHORTEST_KEEPING = SHORTEST_RANGE + INTERVAL;

/** Our rules, by file name, with every duration shortened; thresholds in seconds are the caller's to shorten. */
export function shortenedRules(thresholds: Partial<Thresholds>): Map<string, string> {
  const files = Object.entries(ruleFiles({ ...THRESHOLDS, ...thresholds }));
  return new Map(files.map(([name, groups]) => [`${name}.yml`, rulesFile(groups.map(shortenedGroup))]));
}

function shortenedGroup(group: Group): Group {
  return {
    ...group,
    ...(group.interval && { interval: shortened(group.interval, INTERVAL) }),
    rules: group.rules.map(shortenedRule),
  };
}

function shortenedRule(rule: Rule): Rule {
  const expr = shortenedQuery(rule.expr);
  if ("record" in rule) return { ...rule, expr };
  return {
    ...rule,
    expr,
    ...(rule.for && { for: shortened(rule.for, SHORTEST_WAIT) }),
    ...(rule.keep_firing_for && { keep_firing_for: shortened(rule.keep_firing_for, SHORTEST_KEEPING) }),
  };
}

/** The query with shorter ranges and offsets; names of series stay, whatever windows they tell of. */
function shortenedQuery(expr: string): string {
  const query = parseQuery(expr);
  let text = expr;
  for (const node of nodesOf(query.root, "NumberDurationLiteralInDurationContext").reverse()) {
    text = text.slice(0, node.from) + shortened(textOf(query, node), SHORTEST_RANGE) + text.slice(node.to);
  }
  return text;
}

function shortened(duration: string, atLeast: number): Duration {
  return `${Math.max(atLeast, Math.round(secondsOf(duration) / SPEED))}s`;
}
