import type { Begin, Entry, Ms, PhaseName, Scrape } from "../recording/entries.ts";
import type { Reading } from "./exposition.ts";
import type { FaultLog } from "./faults.ts";
import type { PartLog } from "./parts.ts";
import type { Finding } from "./report.ts";

/** An answered scrape, and what it says. */
export interface Read {
  scrape: Scrape;
  reading: Reading;
}

/** What all rules may know at an entry: what stands in the recording up to it, itself included. */
export interface Context {
  readonly begin: Begin;
  readonly faults: FaultLog;
  readonly parts: PartLog;
  /** in the order in which they began */
  readonly phases: readonly { name: PhaseName; at: Ms }[];
  /** of the entry, where it is a scrape that was answered with 200 */
  readonly read: Read | undefined;
  /** that, where it is an exporter's and the database's snapshot was taken */
  readonly snapshot: Read | undefined;
}

export interface Tell {
  /** It has compared something, so that a rule that never looks is seen. */
  compared(times?: number): void;
  wrong(finding: Finding): void;
  /** Something that is wrong by the book, and may be; counted by this word. */
  masked(word: string): void;
}

/** One thing that always holds. Each run has rules of its own, which keep what they need to remember. */
export interface Rule {
  name: string;
  /** what always holds, in Markdown, for the report */
  title: string;
  /** what a run of a minute or more certainly has: not to have compared anything is wrong then */
  always: boolean;
  see(entry: Entry, context: Context, tell: Tell): void;
  /** After the last entry. */
  finish?(context: Context, tell: Tell): void;
}

/** When what the entry says was so. */
export function timeOf(entry: Entry): Ms {
  if (entry.type === "begin") return 0;
  return entry.type === "scrape" || entry.type === "recount" ? entry.end : entry.at;
}

/** ms since 1970, as times of the database are given in rows, on the recorder's clock */
export function onRecorder(time: number, { begin }: Pick<Context, "begin">): Ms {
  return time - begin.startedAt;
}

/** When a phase of this name first began; undefined where it has not. */
export function phaseBegin(context: Pick<Context, "phases">, name: PhaseName): Ms | undefined {
  return context.phases.find((phase) => phase.name === name)?.at;
}
