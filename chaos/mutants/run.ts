import type { FaultKind } from "../faults/kinds.ts";
import type { Entry, Scrape } from "../recording/entries.ts";
import { firstPhase, type Mutant, oneEntry, scrapesOf, withValue } from "./mutant.ts";

const TRACELESS: readonly { kind: FaultKind; targets: string[] }[] = [
  { kind: "database-away", targets: ["postgres"] },
  { kind: "exporter-cut-off", targets: ["exporter-1"] },
  { kind: "worker-killed", targets: ["worker-1"] },
  { kind: "worker-frozen", targets: ["worker-3"] },
  { kind: "scrapers-1000", targets: ["exporter-2"] },
  { kind: "exporter-clock-steps", targets: ["exporter-1"] },
];
const LOST_FOR = 4 * 60_000;

/** What is wrong with processes, connections, lines, alerts, or with the recording itself. */
export const OF_THE_RUN: readonly Mutant[] = [
  {
    name: "a sixth connection",
    rule: "sessions",
    apply(entries, random) {
      const samples = entries.filter((entry) => entry.type === "sessions" && "exporter-2" in entry.open);
      if (samples.length < 3) return undefined;
      const first = random.whole(0, samples.length - 3);
      const over = new Set<Entry>(samples.slice(first, first + 3));
      return entries.map((entry) =>
        entry.type === "sessions" && over.has(entry)
          ? { ...entry, open: { ...entry.open, "exporter-2": 6 } }
          : entry,
      );
    },
  },
  oneEntry(
    "a log line is no JSON",
    "logs",
    "log",
    (log) => isOurs(log.part) && [{ ...log, line: "Error: connect" }],
  ),
  oneEntry("a log line has no level", "logs", "log", (log) =>
    isOurs(log.part) && log.line.startsWith("{")
      ? [{ ...log, line: '{"time":"2026-01-01T00:00:00Z","msg":"x"}' }]
      : undefined,
  ),
  oneEntry("a user's text forges a log's field", "logs", "log", (log, [begin]) =>
    isOurs(log.part) && begin?.type === "begin"
      ? [{ ...log, line: `{"level":"info","time":"x","msg":"x","${begin.settings.userMark}":1}` }]
      : undefined,
  ),
  {
    name: "a fault leaves no trace",
    rule: "traces",
    apply(entries, random) {
      const index = entries.findLastIndex((entry) => entry.type === "phase" && entry.name === "quiet");
      const phase = entries[index];
      if (phase?.type !== "phase") return undefined;
      const [at, id] = [phase.at, 1_000_000];
      const begin: Entry = { type: "fault", what: "begin", at, id, ...random.pick(TRACELESS) };
      const end: Entry = { type: "fault", what: "end", at: at + 10, id };
      return [...entries.slice(0, index + 1), begin, end, ...entries.slice(index + 1)];
    },
  },
  oneEntry("a fault never ends", "recording", "fault", (fault) => (fault.what === "end" ? [] : undefined)),
  oneEntry("an alert fires in a quiet minute", "alerts", "alerts", (alerts, entries) => {
    const chaos = entries.find((entry) => entry.type === "phase" && entry.name === "chaos");
    if (chaos?.type !== "phase" || alerts.at > chaos.at || alerts.at < firstPhase(entries)) return undefined;
    const labels = { alertname: "TTSDatabaseDown", severity: "critical" };
    return [
      {
        ...alerts,
        alerts: [...alerts.alerts, { name: "TTSDatabaseDown", state: "firing", activeAt: 0, labels }],
      },
    ];
  }),
  oneEntry("a process ends by itself", "ends", "process", (event) =>
    event.what === "ended" ? [{ ...event, wanted: false }] : undefined,
  ),
  oneEntry("a process ends badly when asked to end", "ends", "process", (event) =>
    event.what === "ended" && event.how === "exit code 0" && event.kind !== "postgres"
      ? [{ ...event, how: "exit code 1" }]
      : undefined,
  ),
  growing("the heap grows", "nodejs_heap_size_used_bytes", 2 ** 20),
  growing("the process grows beside its heap", "process_resident_memory_bytes", 2 ** 20),
  growing("files are never closed", "process_open_fds", 1),
  oneEntry("the last line is missing", "recording", "end", () => []),
  oneEntry("the first line is missing", "recording", "begin", () => []),
  oneEntry("a stream's frame is broken", "verdicts", "fault", (fault) => [
    fault,
    { type: "verdict", at: fault.at, faultId: fault.id, problem: "a broken frame in the stream of text 1" },
  ]),
];

/** A number of a long life's scrapes grows by so much a second. */
function growing(name: string, series: string, perSecond: number): Mutant {
  return {
    name,
    rule: "memory",
    apply(entries) {
      const scrapes = scrapesOf(entries).filter(({ status }) => status === 200);
      const key = ({ part, life }: Scrape) => `${part}#${life}`;
      const old = scrapes.findLast((scrape) => {
        const first = scrapes.find((other) => key(other) === key(scrape));
        return first && scrape.end - first.end > LOST_FOR + 1000;
      });
      if (!old) return undefined;
      return entries.map((entry) =>
        entry.type === "scrape" && key(entry) === key(old)
          ? withValue(entry, series, {}, (value) => value + (perSecond * entry.end) / 1000)
          : entry,
      );
    },
  };
}

function isOurs(part: string): true | undefined {
  return /^(exporter|worker)/.test(part) || undefined;
}
