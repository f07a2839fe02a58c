import type { Entry } from "../../recording/entries.ts";
import type { Rule } from "../rule.ts";

/** The recording is whole: it begins, it ends, each fault in it too, and no fault has seen anything wrong itself. */
export function recording(): Rule {
  let first: Entry["type"] | undefined;
  let last: Entry["type"] | undefined;
  return {
    name: "recording",
    title: "the recording is whole: it has a begin, an end, and times in order",
    always: true,
    see(entry, _context, tell) {
      tell.compared();
      first ??= entry.type;
      if (last === "end") tell.wrong({ sentence: "something stands after the recording's end", at: 0 });
      if (last !== undefined && entry.type === "begin") {
        tell.wrong({ sentence: "the recording begins twice", at: 0 });
      }
      last = entry.type;
    },
    finish({ faults, phases }, tell) {
      if (first !== "begin") tell.wrong({ sentence: "the recording's first line is missing", at: 0 });
      if (last !== "end")
        tell.wrong({ sentence: "the recording is cut off: its last line is missing", at: 0 });
      for (const { id, kind, begin, end } of faults.all) {
        if (Number.isFinite(end)) continue;
        tell.wrong({ sentence: "a fault has not ended", at: begin, values: { fault: id, kind } });
      }
      const names = phases.map(({ name }) => name);
      if (names[0] !== "quiet" || names.at(-1) !== "final") {
        tell.wrong({
          sentence: "the run's phases are not all there",
          at: 0,
          values: { phases: names.join(", ") },
        });
      }
    },
  };
}

/** What a fault has itself found wrong. */
export function verdicts(): Rule {
  return {
    name: "verdicts",
    title: "streams' frames are well formed, and other answers are as faults expect them",
    always: false,
    see(entry, { faults }, tell) {
      if (entry.type !== "verdict") return;
      tell.compared();
      const { at, faultId, problem } = entry;
      const kind = faults.all.find(({ id }) => id === faultId)?.kind;
      tell.wrong({ sentence: problem, at, values: { fault: faultId, kind } });
    },
  };
}
