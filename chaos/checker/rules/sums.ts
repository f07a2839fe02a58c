import { OUTCOMES } from "../../../src/domain/task.ts";
import { collectorOf } from "../expected.ts";
import { keyOf, type Reading } from "../exposition.ts";
import type { Read, Rule, Tell } from "../rule.ts";

const STARTED = "tts_db_tasks_started_total";
const CREATED = "tts_db_tasks_created_total";
const IN_USE = "tts_db_concurrency_in_use";
const WAITS = "tts_db_task_queue_wait_seconds_count";
const finished = (outcome: string) => keyOf("tts_db_tasks_finished_total", { outcome });
const rows = (status: string) => keyOf("tts_db_tasks", { status });
const durations = (outcome: string) => keyOf("tts_db_task_duration_seconds_count", { outcome });
const slo = (name: string, result: string) => keyOf("tts_db_slo_events_total", { slo: name, result });

/** What is to be equal: one series, and those whose sum it is. */
type Equation = readonly [whole: string, parts: readonly string[]];

const SUMS: readonly Equation[] = [
  [STARTED, [...OUTCOMES.map(finished), rows("processing")]],
  [CREATED, [STARTED, rows("pending")]],
  // One counts rows, the other reads the books.
  [IN_USE, [rows("processing")]],
];
const COUNTS: readonly Equation[] = [
  ...OUTCOMES.map((outcome): Equation => [durations(outcome), [finished(outcome)]]),
  [WAITS, [STARTED]],
  [slo("task_success", "good"), [finished("completed")]],
];

/** All of a scrape's numbers come from one snapshot. */
export function sums(): Rule {
  return {
    name: "sums",
    title: "started = finished + processing, created = started + pending",
    always: true,
    see(_entry, { snapshot }, tell) {
      if (!snapshot) return;
      for (const equation of SUMS) compare(equation, snapshot, tell);
      const { values } = snapshot.reading;
      const [texts, completed] = [values.get("tts_db_texts"), values.get("tts_db_texts_completed")];
      const ratio = values.get("tts_db_success_ratio");
      if (!texts || completed === undefined) return;
      tell.compared();
      if (ratio !== undefined && Math.abs(ratio - completed / texts) < 1e-9) return;
      wrong(tell, snapshot, "the ratio is not that of the texts", "tts_db_success_ratio", {
        texts,
        completed,
        ratio,
      });
    },
  };
}

/** Failures by reason, and what histograms have counted, are the ends that there were. */
export function failures(): Rule {
  return {
    name: "failures",
    title: "failures = failed + timeout; each histogram's count is its counter",
    always: true,
    see(_entry, { snapshot }, tell) {
      if (!snapshot) return;
      for (const equation of COUNTS) compare(equation, snapshot, tell);
      const { series, values } = snapshot.reading;
      const reasons = series.filter(({ name }) => name === "tts_db_task_failures_total");
      if (reasons.length === 0) return;
      compare(["Σ tts_db_task_failures_total", [finished("failed"), finished("timeout")]], snapshot, tell, {
        whole: reasons.reduce((sum, { key }) => sum + (values.get(key) ?? 0), 0),
      });
    },
  };
}

function compare([whole, parts]: Equation, read: Read, tell: Tell, given: { whole?: number } = {}): void {
  const { reading } = read;
  // What is absent is another rule's business, but for a part of a whole that is there.
  if ([whole, ...parts].some((key) => failed(reading, key))) return;
  const left = given.whole ?? reading.values.get(whole);
  const values = Object.fromEntries(parts.map((key) => [key, reading.values.get(key)]));
  const right = Object.values(values).reduce<number>((sum, value) => sum + (value ?? Number.NaN), 0);
  tell.compared();
  if (left === right) return;
  const sum = `${whole} is not the sum of ${parts.join(" and ")}`;
  wrong(tell, read, sum, whole, { [whole]: left, ...values });
}

function failed({ values }: Reading, key: string): boolean {
  const collector = collectorOf(key.replace(/\{.*$/, ""));
  return collector !== undefined && values.get(keyOf("tts_monitor_collector_success", { collector })) === 0;
}

function wrong(
  tell: Tell,
  { scrape }: Read,
  sentence: string,
  series: string,
  values: Record<string, number | undefined>,
): void {
  tell.wrong({ sentence, at: scrape.end, scrapes: [scrape], series, values });
}
