import { FORMATS } from "../../../src/metrics/exposition.ts";
import type { Scrape } from "../../recording/entries.ts";
import { kindOf } from "../faults.ts";
import { type Context, phaseBegin, type Rule, type Tell, timeOf } from "../rule.ts";

/** ms: what the contract gives a scrape */
const LONGEST = 3500;
/** ms after a fault in which a process that was stopped catches up */
const CATCHING_UP = 1000;
/** ms after a scrape within which the end of its process explains that it got no answer */
const ENDING = 1000;
/** ms; in the end workers finish what they run before they go */
const ENDING_AT_LAST = 15_000;

interface Suspect {
  scrape: Scrape;
  sentence: string;
}

/** Every scrape is answered in time with 200, unless its process does not run, or is stopped by the run itself. */
export function answers(): Rule {
  let suspects: Suspect[] = [];

  function judge(context: Context, tell: Tell): void {
    for (const { scrape, sentence } of suspects.filter(({ scrape }) => !explained(scrape, context))) {
      const { status, error, begin, end, lag } = scrape;
      tell.wrong({
        sentence,
        at: end,
        scrapes: [scrape],
        values: { status, error, milliseconds: end - begin, "of them the prober's own": lag },
      });
    }
    suspects = [];
  }

  return {
    name: "answers",
    title: "every scrape is answered with 200 within 3.5 s, whatever befalls",
    always: true,
    see(entry, context, tell) {
      // Why a process did not answer may be known later: that it ended, say.
      const oldest = suspects[0]?.scrape.end ?? Number.POSITIVE_INFINITY;
      if (timeOf(entry) > oldest + ENDING_AT_LAST) judge(context, tell);
      if (entry.type !== "scrape") return;
      tell.compared();
      const { status, contentType, begin, end, lag } = entry;
      if (status === 0) suspects.push({ scrape: bodiless(entry), sentence: "a scrape got no answer" });
      else if (end - begin - lag > LONGEST) {
        suspects.push({ scrape: bodiless(entry), sentence: "a scrape's answer took too long" });
      }
      if (status !== 0 && status !== 200) {
        tell.wrong({
          sentence: `a scrape was answered with ${status}`,
          at: end,
          scrapes: [entry],
          values: { status },
        });
      }
      const format = entry.body.endsWith("# EOF\n") ? FORMATS.openmetrics : FORMATS.text;
      if (status === 200 && contentType !== format) {
        tell.wrong({
          sentence: "the content type is not exact",
          at: end,
          scrapes: [entry],
          values: { contentType, expected: format },
        });
      }
    },
    finish: judge,
  };
}

function bodiless(scrape: Scrape): Scrape {
  return { ...scrape, body: "" };
}

function explained({ part, life, begin, end }: Scrape, context: Context): boolean {
  const process = context.parts.livesOf(part).find((one) => one.life === life);
  if (!process) return true;
  const { readyAt = Number.POSITIVE_INFINITY, endedAt = Number.POSITIVE_INFINITY } = process;
  const atLast = end >= (phaseBegin(context, "final") ?? Number.POSITIVE_INFINITY);
  if (begin < readyAt || endedAt <= end + (atLast ? ENDING_AT_LAST : ENDING)) return true;
  return context.faults
    .during(begin - CATCHING_UP, end)
    .some((fault) => kindOf(fault).silences && fault.targets.includes(part));
}
