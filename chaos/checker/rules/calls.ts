import type { Answered, Effects, Ms, Possible, Quantity } from "../../recording/entries.ts";
import { keyOf } from "../exposition.ts";
import { certain, hull, minus, plus, type Range, rangeOf } from "../range.ts";
import type { Read, Rule, Tell } from "../rule.ts";

const finished = (outcome: string) => keyOf("tts_db_tasks_finished_total", { outcome });
const SERIES: Record<Quantity, string> = {
  created: "tts_db_tasks_created_total",
  started: "tts_db_tasks_started_total",
  completed: finished("completed"),
  failed: finished("failed"),
  timeout: finished("timeout"),
  deduplicated: "tts_db_tasks_deduplicated_total",
  texts: "tts_db_texts",
  textsCompleted: "tts_db_texts_completed",
};
const QUANTITIES = Object.keys(SERIES) as Quantity[];
/** ms; no scrape takes longer */
const MEMORY = 20_000;
const AT_LEAST_NONE: Range = { least: 0, most: Number.POSITIVE_INFINITY };

/** What a call has done, as far as is known. */
type Account = Partial<Record<Quantity, Range>>;

interface Change {
  at: Ms;
  id: number;
  from: Account;
  to: Account;
}

/**
 * What was acknowledged stands in the books of every later scrape, and nothing does that nobody has asked for: each
 * quantity lies between what was answered before the scrape began, and that with all that was asked before it ended.
 */
export function calls(): Rule {
  const accounts = new Map<number, Account>();
  const total = new Map<Quantity, Range>();
  // What was there before the run's first call; each scrape says more of it.
  const before = new Map<Quantity, Range>();
  let changes: Change[] = [];

  function change(id: number, to: Account): Account {
    const from = accounts.get(id) ?? {};
    accounts.set(id, to);
    for (const quantity of QUANTITIES) {
      const [old, now] = [from[quantity] ?? certain(0), to[quantity] ?? certain(0)];
      total.set(quantity, plus(minus(total.get(quantity) ?? certain(0), old), now));
    }
    return from;
  }

  /** Of what was answered after this moment it is not known whether it was done by then. */
  function rangeAt(moment: Ms, quantity: Quantity): Range {
    return changes.reduce((sum, { at, from, to }) => {
      if (at < moment) return sum;
      const [old, now] = [from[quantity] ?? certain(0), to[quantity] ?? certain(0)];
      return plus(minus(sum, now), hull(hull(old, now), certain(0)));
    }, total.get(quantity) ?? certain(0));
  }

  function compare({ scrape, reading }: Read, tell: Tell): void {
    for (const quantity of QUANTITIES) {
      const value = reading.values.get(SERIES[quantity]);
      if (value === undefined) continue;
      const done = rangeAt(scrape.begin, quantity);
      const base = before.get(quantity) ?? AT_LEAST_NONE;
      const said = { least: value - done.most, most: value - done.least };
      const now = { least: Math.max(base.least, said.least), most: Math.min(base.most, said.most) };
      const holds = now.least <= now.most;
      tell.compared();
      before.set(quantity, holds ? now : said);
      if (holds) continue;
      const lost = said.most < base.least;
      tell.wrong({
        sentence: lost ? "something acknowledged is lost" : "something is there that nobody asked for",
        at: scrape.end,
        scrapes: [scrape],
        series: SERIES[quantity],
        values: { value, "at least": done.least + base.least, "at most": done.most + base.most },
      });
    }
  }

  function forget(moment: Ms): void {
    for (const { at, id, to } of changes) {
      if (at <= moment && Object.values(to).every(({ least, most }) => least === most)) accounts.delete(id);
    }
    changes = changes.filter(({ at }) => at > moment);
  }

  return {
    name: "calls",
    title: "what was acknowledged is counted, and nothing that nobody asked for",
    always: true,
    see(entry, { snapshot }, tell) {
      if (entry.type === "asked") change(entry.id, possible(entry.may));
      // An answer that changes what an earlier one has said of a call long settled says the same again.
      if (entry.type === "answered" && accounts.has(entry.id)) {
        const to = settled(entry, accounts.get(entry.id) ?? {});
        changes.push({ at: entry.at, id: entry.id, from: change(entry.id, to), to });
      }
      if (!snapshot) return;
      forget(snapshot.scrape.end - MEMORY);
      compare(snapshot, tell);
    },
  };
}

function settled({ outcome, did, still }: Answered, before: Account): Account {
  if (outcome === "unknown" && still === undefined) return before;
  return add(exact(did), possible(still ?? {}));
}

function exact(effects: Effects): Account {
  return Object.fromEntries(Object.entries(effects).map(([quantity, by]) => [quantity, certain(by)]));
}

function possible(effects: Possible): Account {
  return Object.fromEntries(Object.entries(effects).map(([quantity, by]) => [quantity, rangeOf(by)]));
}

function add(a: Account, b: Account): Account {
  const sum: Account = { ...a };
  for (const quantity of QUANTITIES) {
    const more = b[quantity];
    if (more) sum[quantity] = plus(a[quantity] ?? certain(0), more);
  }
  return sum;
}
