import type { Begin, Entry, PhaseName } from "../recording/entries.ts";
import { SETTINGS } from "../settings.ts";
import { readExposition } from "./exposition.ts";
import { createFaultLog } from "./faults.ts";
import { createPartLog } from "./parts.ts";
import type { Context, Read } from "./rule.ts";

// Until the first line is read, and where it is missing, which is a violation of its own.
const NO_BEGIN: Begin = {
  type: "begin",
  seed: 0,
  minutes: 0,
  startedAt: 0,
  settings: SETTINGS,
};

/** What the rules share; `see` each entry before they do. */
export function createContext() {
  const state = {
    begin: NO_BEGIN,
    read: undefined as Read | undefined,
    snapshot: undefined as Read | undefined,
  };
  const phases: { name: PhaseName; at: number }[] = [];
  const faults = createFaultLog();
  const parts = createPartLog();
  const context: Context = {
    faults,
    parts,
    phases,
    get begin() {
      return state.begin;
    },
    get read() {
      return state.read;
    },
    get snapshot() {
      return state.snapshot;
    },
  };

  function see(entry: Entry): void {
    if (entry.type === "begin") state.begin = entry;
    if (entry.type === "phase") phases.push({ name: entry.name, at: entry.at });
    faults.see(entry);
    parts.see(entry);
    state.read = readOf(entry);
    const up = state.read?.reading.values.get("tts_db_up") === 1;
    state.snapshot =
      up && state.read && parts.kindOf(state.read.scrape.part) === "exporter" ? state.read : undefined;
  }

  return { context, see };
}

function readOf(entry: Entry): Read | undefined {
  if (entry.type !== "scrape" || entry.status !== 200) return undefined;
  return { scrape: entry, reading: readExposition(entry) };
}
