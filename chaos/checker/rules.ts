import type { Rule } from "./rule.ts";
import { alerts } from "./rules/alerts.ts";
import { answers } from "./rules/answers.ts";
import { buckets } from "./rules/buckets.ts";
import { calls } from "./rules/calls.ts";
import { calm, zeros } from "./rules/calm.ts";
import { ends } from "./rules/ends.ts";
import { falls, order, ownCounters } from "./rules/falls.ts";
import { families, wellFormed } from "./rules/families.ts";
import { fresh } from "./rules/fresh.ts";
import { labels } from "./rules/labels.ts";
import { limit } from "./rules/limit.ts";
import { logs } from "./rules/logs.ts";
import { memory } from "./rules/memory.ts";
import { recording, verdicts } from "./rules/recording.ts";
import { recounts } from "./rules/recounts.ts";
import { rows } from "./rules/rows.ts";
import { sessions } from "./rules/sessions.ts";
import { failures, sums } from "./rules/sums.ts";
import { leaving, swept } from "./rules/swept.ts";
import { traces } from "./rules/traces.ts";

/** Everything that always holds: the contract's section 7, in its order, and what the run promises besides. */
const RULES: readonly (() => Rule)[] = [
  recording,
  // 1, 2
  sums,
  failures,
  buckets,
  // 3
  falls,
  order,
  ownCounters,
  // 4
  families,
  fresh,
  // 5
  answers,
  wellFormed,
  // 6
  calls,
  rows,
  recounts,
  zeros,
  // 7
  swept,
  leaving,
  // 8, 9, 10
  limit,
  sessions,
  labels,
  logs,
  traces,
  calm,
  alerts,
  ends,
  memory,
  verdicts,
];

/** A fresh set of rules, for one recording. */
export function createRules(): Rule[] {
  return RULES.map((create) => create());
}
