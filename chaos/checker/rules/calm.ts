import { COLLECTORS } from "../expected.ts";
import { keyOf } from "../exposition.ts";
import { phaseBegin, type Read, type Rule, type Tell } from "../rule.ts";

/** ms after the last fault within which all is well again */
const RECOVERY = 10_000;
const MUST_BE_1 = [
  "tts_db_up",
  ...COLLECTORS.map((collector) => keyOf("tts_monitor_collector_success", { collector })),
];

/** Whose fault is over, and has been for some time, has the database and every collector answer. */
export function calm(): Rule {
  return {
    name: "calm",
    title: "ten seconds after the last fault, database and collectors answer again",
    always: true,
    see(_entry, { read, parts, faults, phases }, tell) {
      if (!read || parts.kindOf(read.scrape.part) !== "exporter") return;
      const { begin, end } = read.scrape;
      const runs = begin >= (phaseBegin({ phases }, "quiet") ?? Number.POSITIVE_INFINITY);
      if (!runs || faults.during(begin - RECOVERY, end).length > 0) return;
      expectValue(1, MUST_BE_1, "nothing has befallen it, and something does not answer", read, tell);
    },
  };
}

/** What counts losses and mistakes, whatever befalls. */
const MUST_BE_0 = [
  "tts_worker_events_lost_total",
  keyOf("tts_monitor_audit_drift", { ledger: "tasks" }),
  keyOf("tts_monitor_audit_drift", { ledger: "texts" }),
];

/** The books agree with the rows whenever they are audited, and no worker loses a result. */
export function zeros(): Rule {
  return {
    name: "zeros",
    title: "the audit finds no drift, and no worker has lost a result",
    always: true,
    see(_entry, { read }, tell) {
      if (read) expectValue(0, MUST_BE_0, "what must always be 0 is not", read, tell);
    },
  };
}

function expectValue(
  expected: number,
  keys: readonly string[],
  sentence: string,
  { scrape, reading }: Read,
  tell: Tell,
): void {
  for (const series of keys) {
    const value = reading.values.get(series);
    if (value === undefined) continue;
    tell.compared();
    if (value !== expected)
      tell.wrong({ sentence, at: scrape.end, scrapes: [scrape], series, values: { value } });
  }
}
