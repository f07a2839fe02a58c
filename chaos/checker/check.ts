import type { Entry } from "../recording/entries.ts";
import { createContext } from "./context.ts";
import { countIn, createFigures } from "./figures.ts";
import type { Finding, Report, Violation } from "./report.ts";
import type { Rule, Tell } from "./rule.ts";
import { createRules } from "./rules.ts";

// Of one mistake there may be thousands of scrapes that show it.
const KEPT_PER_RULE = 20;
/** ms after a fault in which it is still named beside what is found */
const AFTERWARDS = 5000;
/** s; a shorter run may not have all that rules look at */
const SHORTEST_RUN = 55;

/** Takes a recording entry by entry. */
export interface Checker {
  see(entry: Entry): void;
  finish(): Report;
}

/** Judges a recording in one pass; knows nothing but what stands in it. */
export function check(entries: Iterable<Entry>): Report {
  const checker = createChecker();
  for (const entry of entries) checker.see(entry);
  return checker.finish();
}

/** The same for a recording that comes piece by piece. */
export function createChecker(): Checker {
  const { context, see } = createContext();
  const { figures, see: count } = createFigures(context.parts);
  const violations: Violation[] = [];

  function found(rule: string, finding: Finding): void {
    countIn(figures.found, rule);
    if ((figures.found[rule] ?? 0) > KEPT_PER_RULE) return;
    const { at, scrapes = [] } = finding;
    const from = Math.min(at, ...scrapes.map(({ begin }) => begin));
    violations.push({
      rule,
      ...finding,
      // Their ends are known later: what is said of them here is what is known then.
      faults: context.faults.during(from - AFTERWARDS, at).map((span) => ({ ...span })),
    });
  }

  const rules = createRules().map((rule): [Rule, Tell] => {
    figures.compared[rule.name] = 0;
    const tell: Tell = {
      compared: (times = 1) => countIn(figures.compared, rule.name, times),
      wrong: (finding) => found(rule.name, finding),
      masked: (word) => countIn(figures.masked, word),
    };
    return [rule, tell];
  });

  return {
    see(entry) {
      see(entry);
      count(entry);
      for (const [rule, tell] of rules) rule.see(entry, context, tell);
    },
    finish() {
      for (const [rule, tell] of rules) {
        rule.finish?.(context, tell);
        if (!rule.always || figures.seconds < SHORTEST_RUN || figures.compared[rule.name] !== 0) continue;
        found(rule.name, {
          sentence: "there was nothing to compare in this run",
          at: 1000 * figures.seconds,
        });
      }
      return { violations, figures };
    },
  };
}
