import type { ProcessEvent } from "../../recording/entries.ts";
import { type Context, phaseBegin, type Rule } from "../rule.ts";

/** No process ends that the run has not asked to, and who is asked politely ends in good order. */
export function ends(): Rule {
  return {
    name: "ends",
    title: "no process ends unasked; who is asked ends with 0",
    always: true,
    see(entry, context, tell) {
      if (entry.type !== "process") return;
      tell.compared();
      if (entry.what !== "ended") return;
      const { part, life, how = "unknown", at } = entry;
      const values = { part, life, how };
      if (entry.wanted !== true) {
        tell.wrong({ sentence: "a process has ended that nobody had asked to", at, values });
        return;
      }
      if (entry.kind === "postgres" || how === "exit code 0") return;
      if (how !== "SIGKILL" || politely(entry, context)) {
        tell.wrong({ sentence: "a process that was asked to end did not end in good order", at, values });
      }
    },
  };
}

function politely({ part, at }: ProcessEvent, context: Context): boolean {
  if (at >= (phaseBegin(context, "final") ?? Number.POSITIVE_INFINITY)) return true;
  return context.faults
    .during(at, at)
    .some(({ kind, targets }) => kind.endsWith("-stopped") && targets.includes(part));
}
