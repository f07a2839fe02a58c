import type { Entry, Ms, PartKind } from "../recording/entries.ts";

interface Life {
  part: string;
  kind: PartKind;
  life: number;
  startedAt: Ms;
  readyAt?: Ms;
  endedAt?: Ms;
  how?: string;
  wanted?: boolean;
}

/** Which processes there were, and when. */
export interface PartLog {
  readonly all: readonly Life[];
  see(entry: Entry): void;
  /** By what was recorded of its processes, else by its name. */
  kindOf(part: string): PartKind | undefined;
  livesOf(part: string): readonly Life[];
  /** The processes that have had a worker's name: its own, and those that took it. */
  livesOfSlot(worker: string): readonly Life[];
}

const KINDS: readonly PartKind[] = ["exporter", "worker", "postgres", "prometheus"];

export function createPartLog(): PartLog {
  const all: Life[] = [];
  const byPart = new Map<string, Life[]>();
  const livesOf = (part: string) => byPart.get(part) ?? [];
  return {
    all,
    see(entry) {
      if (entry.type !== "process") return;
      const { part, kind, life, at } = entry;
      let found = livesOf(part).findLast((one) => one.life === life);
      if (!found) {
        found = { part, kind, life, startedAt: at };
        all.push(found);
        byPart.set(part, [...livesOf(part), found]);
      }
      if (entry.what === "ready") found.readyAt = at;
      if (entry.what === "ended") {
        Object.assign(found, { endedAt: at, how: entry.how ?? "", wanted: entry.wanted ?? false });
      }
    },
    kindOf: (part) => livesOf(part)[0]?.kind ?? KINDS.find((kind) => part.startsWith(kind)),
    livesOf,
    livesOfSlot: (worker) =>
      all.filter(({ part }) => part === worker || part.startsWith(`${worker}-usurper`)),
  };
}
