import { keyOf, readExposition } from "../checker/exposition.ts";
import type { Entry, Scrape } from "../recording/entries.ts";
import type { Random } from "../stage/random.ts";

/** What a bug would make of a clean recording. */
export interface Mutant {
  name: string;
  /** the rule that must find it; others may too */
  rule: string;
  /** @returns undefined where the recording has nothing that it could be done to */
  apply(entries: readonly Entry[], random: Random): Entry[] | undefined;
}

type Labels = Readonly<Record<string, string>>;
type Change = (value: number) => number;

/** Replaces one entry, picked from those that will do. */
export function oneEntry<Type extends Entry["type"]>(
  name: string,
  rule: string,
  type: Type,
  change: (
    entry: Extract<Entry, { type: Type }>,
    entries: readonly Entry[],
    random: Random,
  ) => Entry[] | undefined,
): Mutant {
  return {
    name,
    rule,
    apply(entries, random) {
      const all = entries.flatMap((entry, index) =>
        entry.type === type ? [{ entry: entry as Extract<Entry, { type: Type }>, index }] : [],
      );
      for (const { entry, index } of random.shuffle(all)) {
        const changed = change(entry, entries, random);
        if (changed) return [...entries.slice(0, index), ...changed, ...entries.slice(index + 1)];
      }
      return undefined;
    },
  };
}

/** Changes one scrape of those where all numbers of the database are there. */
export function oneSnapshot(
  name: string,
  rule: string,
  change: (scrape: Scrape, entries: readonly Entry[], random: Random) => Scrape | undefined,
): Mutant {
  return oneEntry(name, rule, "scrape", (scrape, entries, random) => {
    const changed = isSnapshot(scrape) ? change(scrape, entries, random) : undefined;
    return changed && [changed];
  });
}

/** Changes every scrape with all numbers of the database, from the first one on of which this is true. */
export function everyLaterSnapshot(
  name: string,
  rule: string,
  since: (scrape: Scrape, entries: readonly Entry[]) => boolean,
  change: (scrape: Scrape, first: Scrape) => Scrape | undefined,
): Mutant {
  return {
    name,
    rule,
    apply(entries) {
      const first = scrapesOf(entries).find((scrape) => isSnapshot(scrape) && since(scrape, entries));
      if (!first) return undefined;
      return entries.map((entry) =>
        entry.type === "scrape" && isSnapshot(entry) && entry.begin >= first.begin
          ? (change(entry, first) ?? entry)
          : entry,
      );
    },
  };
}

export function scrapesOf(entries: readonly Entry[]): Scrape[] {
  return entries.filter((entry) => entry.type === "scrape");
}

export function isExporter({ part }: Scrape): boolean {
  return part.startsWith("exporter");
}

/** Whether an exporter says all that it can. */
export function isSnapshot(scrape: Scrape): boolean {
  if (!isExporter(scrape) || scrape.status !== 200) return false;
  const { values } = readExposition(scrape);
  return (
    values.get("tts_db_up") === 1 && values.has("tts_db_texts") && values.has("tts_db_tasks_created_total")
  );
}

export function valueIn(scrape: Scrape, name: string, labels: Labels = {}): number {
  return readExposition(scrape).values.get(keyOf(name, labels)) ?? Number.NaN;
}

/** Gives the lines of this name, with these labels, another value. */
export function withValue(scrape: Scrape, name: string, labels: Labels, change: Change): Scrape {
  return withLines(scrape, (line) => {
    if (!isOf(line, name, labels)) return [line];
    const space = line.lastIndexOf(" ");
    return [`${line.slice(0, space)} ${change(Number(line.slice(space + 1)))}`];
  });
}

/** Leaves out the lines of this name, with these labels. */
export function without(scrape: Scrape, name: string, labels: Labels = {}): Scrape {
  return withLines(scrape, (line) => (isOf(line, name, labels) ? [] : [line]));
}

export function withMore(scrape: Scrape, ...lines: string[]): Scrape {
  return { ...scrape, body: `${scrape.body}${lines.join("\n")}\n` };
}

export function withLines(scrape: Scrape, change: (line: string) => string[]): Scrape {
  return { ...scrape, body: scrape.body.split("\n").flatMap(change).join("\n") };
}

function isOf(line: string, name: string, labels: Labels): boolean {
  const [, rest] = line.startsWith(name) ? [name, line.slice(name.length)] : [];
  if (rest === undefined || !/^[ {]/.test(rest)) return false;
  return Object.entries(labels).every(
    ([label, value]) => /[{,]/.test(rest) && rest.includes(`${label}="${value}"`),
  );
}

/** When the parts had all been started, and the run itself began. */
export function firstPhase(entries: readonly Entry[]): number {
  const phase = entries.find((entry) => entry.type === "phase");
  return phase?.type === "phase" ? phase.at : 0;
}
