import type { Ms } from "../../recording/entries.ts";
import type { Watched } from "../evidence/sign.ts";
import { EVIDENCE } from "../evidence.ts";
import type { Context, Read, Rule, Tell } from "../rule.ts";
import { timeOf } from "../rule.ts";

/** ms after a fault in which its trace may still come */
const AFTERWARDS = 10_000;

/** Each fault is seen in some metric or alert. */
export function traces(): Rule {
  const last = new Map<string, Read>();
  let unseen: Watched[] = [];

  function giveUp({ fault }: Watched, tell: Tell): void {
    const { sees, mayBeMasked } = EVIDENCE[fault.kind];
    // Where it ought to have been made, that is a violation of its own.
    if (mayBeMasked !== undefined || fault.failed !== undefined) {
      tell.masked(fault.kind);
      return;
    }
    tell.wrong({
      sentence: `a fault has left no trace: ${fault.kind}`,
      at: fault.begin,
      values: { fault: fault.id, targets: fault.targets.join(", "), "to be seen in": sees },
    });
  }

  function look(entry: Parameters<Rule["see"]>[0], context: Context, tell: Tell): void {
    const isOver = ({ fault }: Watched) => timeOf(entry) > fault.end + AFTERWARDS;
    for (const watched of unseen.filter(isOver)) giveUp(watched, tell);
    unseen = unseen.filter(
      (watched) => !isOver(watched) && !EVIDENCE[watched.fault.kind].sign(entry, watched, context),
    );
  }

  return {
    name: "traces",
    title: "each fault is seen in some metric or alert",
    always: true,
    see(entry, context, tell) {
      if (entry.type === "scrape" || entry.type === "alerts") look(entry, context, tell);
      if (entry.type === "fault" && entry.what === "begin") {
        const fault = context.faults.all.at(-1);
        tell.compared();
        if (fault) unseen.push({ fault, before: beforeIt(last, entry.at) });
      }
      if (context.read) last.set(context.read.scrape.part, context.read);
    },
    finish(_context, tell) {
      for (const watched of unseen) giveUp(watched, tell);
    },
  };
}

function beforeIt(last: ReadonlyMap<string, Read>, at: Ms): Map<string, Read> {
  return new Map([...last].filter(([, { scrape }]) => scrape.end <= at));
}
