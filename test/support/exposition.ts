import { spawnSync } from "node:child_process";
import { expect } from "vitest";
import { DEBIAN_PYTHON, programPath } from "./programs.ts";

export interface Line {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** The samples of a text exposition. Throws at a duplicate series, which Prometheus would silently accept. */
export function parseExposition(text: string): Line[] {
  const seen = new Set<string>();
  return text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const match = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
      if (!match) throw new Error(`not a sample: ${line}`);
      const [, name = "", labelText = "", value = ""] = match;
      const labels = Object.fromEntries(
        [...labelText.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g)].map(([, key = "", text = ""]) => [
          key,
          text,
        ]),
      );
      const series = JSON.stringify([name, Object.entries(labels).sort()]);
      if (seen.has(series)) throw new Error(`duplicate series: ${line}`);
      seen.add(series);
      return { name, labels, value: value === "+Inf" ? Number.POSITIVE_INFINITY : Number(value) };
    });
}

/** Sum of the samples of this name with these labels; undefined when there is none. */
export function total(
  lines: readonly Line[],
  name: string,
  labels: Record<string, string> = {},
): number | undefined {
  const found = lines.filter(
    (line) =>
      line.name === name && Object.entries(labels).every(([key, value]) => line.labels[key] === value),
  );
  return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0);
}

/** The contract's invariants 1, 2 and 4 in one scrape. Reports every one that does not hold. */
export function expectInvariants(lines: readonly Line[]): void {
  const db = lines.filter(({ name }) => name.startsWith("tts_db_"));
  if (total(lines, "tts_db_up") === 0) {
    expect(db.map(({ name }) => name)).toEqual(["tts_db_up"]);
    return;
  }
  expect(total(lines, "tts_db_up")).toBe(1);
  if (total(lines, "tts_monitor_collector_success", { collector: "tasks" }) === 0) {
    expect(total(lines, "tts_db_tasks_created_total")).toBeUndefined();
    return;
  }
  const finished = (outcome: string) =>
    total(lines, "tts_db_tasks_finished_total", { outcome }) ?? Number.NaN;
  const allFinished = finished("completed") + finished("failed") + finished("timeout");
  const rows = (status: string) => total(lines, "tts_db_tasks", { status }) ?? Number.NaN;
  const started = total(lines, "tts_db_tasks_started_total") ?? Number.NaN;
  expect({
    started,
    created: total(lines, "tts_db_tasks_created_total"),
    failures: total(lines, "tts_db_task_failures_total"),
    queueWaits: total(lines, "tts_db_task_queue_wait_seconds_count"),
    durations: ["completed", "failed", "timeout"].map((outcome) =>
      total(lines, "tts_db_task_duration_seconds_count", { outcome }),
    ),
  }).toEqual({
    started: allFinished + rows("processing"),
    created: started + rows("pending"),
    failures: finished("failed") + finished("timeout"),
    queueWaits: started,
    durations: ["completed", "failed", "timeout"].map(finished),
  });
}

/** No counter of the database's plane is lower in the later scrape. */
export function expectNoFall(before: readonly Line[], after: readonly Line[]): void {
  const key = ({ name, labels }: Line) => JSON.stringify([name, Object.entries(labels).sort()]);
  const now = new Map(after.map((line) => [key(line), line.value]));
  const fallen = before.filter(
    (line) =>
      /^tts_db_.*_(total|bucket|sum|count)$/.test(line.name) &&
      (now.get(key(line)) ?? line.value) < line.value,
  );
  expect(fallen).toEqual([]);
}

// The strict parser of Prometheus' own Python client; the text format has none. Text is OpenMetrics but for the
// names of counters' families, whole-numbered bucket bounds and the end mark.
const STRICT_PARSER = `
import re, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
text = sys.stdin.read()
if not text.endswith("# EOF\\n"):
    for name in re.findall(r"^# TYPE (\\S+)_total counter$", text, flags=re.M):
        text = re.sub(rf"^(# (?:HELP|TYPE) {name})_total ", r"\\1 ", text, flags=re.M)
    text = re.sub(r'le="(\\d+)"', r'le="\\1.0"', text)
    text = "\\n".join(line for line in text.split("\\n") if line) + "\\n# EOF\\n"
print(sum(1 for _ in text_string_to_metric_families(text)))
`;

/** @returns the number of families that the strict OpenMetrics parser of python3-prometheus-client finds */
export function parseStrictly(text: string): number {
  const { status, stdout, stderr } = spawnSync(DEBIAN_PYTHON, ["-c", STRICT_PARSER], {
    input: text,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`the strict parser refused: ${stderr.trim().split("\n").at(-1)}`);
  return Number(stdout);
}

/** What `promtool check metrics` has to say; empty when nothing. */
export function lintMetrics(text: string): string {
  const promtool = programPath("promtool");
  if (promtool === undefined) throw new Error("promtool is not installed");
  const { stdout, stderr } = spawnSync(promtool, ["check", "metrics"], { input: text, encoding: "utf8" });
  return (stdout + stderr).trim();
}
