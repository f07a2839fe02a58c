import { type FaultKind, KINDS, type Kind } from "../faults/kinds.ts";
import type { Entry, Ms } from "../recording/entries.ts";

export interface FaultSpan {
  id: number;
  kind: FaultKind;
  targets: readonly string[];
  begin: Ms;
  /** Infinity while it goes on */
  end: Ms;
  /** why it was not made, or not all of it */
  failed?: string;
}

/** All faults so far: hundreds an hour, so none is forgotten. */
export interface FaultLog {
  readonly all: readonly FaultSpan[];
  see(entry: Entry): void;
  /** Those of which a moment lies in this time. */
  during(from: Ms, to: Ms): FaultSpan[];
}

export function kindOf({ kind }: Pick<FaultSpan, "kind">): Kind {
  return KINDS[kind];
}

/** What befalls the server befalls all that ask it. */
export function befalls({ targets }: FaultSpan, part: string): boolean {
  return targets.includes(part) || targets.includes("postgres");
}

export function createFaultLog(): FaultLog {
  const all: FaultSpan[] = [];
  return {
    all,
    see(entry) {
      if (entry.type !== "fault") return;
      if (entry.what === "begin") {
        const { id, kind, targets, at } = entry;
        all.push({ id, kind, targets, begin: at, end: Number.POSITIVE_INFINITY });
        return;
      }
      const span = all.findLast(({ id }) => id === entry.id);
      if (!span) return;
      span.end = entry.at;
      if (entry.failed !== undefined) span.failed = entry.failed;
    },
    during: (from, to) => all.filter(({ begin, end }) => begin <= to && end >= from),
  };
}
