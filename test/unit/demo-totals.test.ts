import { expect, test } from "vitest";
import { formatTotals, parseTotals } from "../../src/demo/totals.ts";

const SCRAPE = `# HELP tts_db_up Whether the snapshot was taken.
# TYPE tts_db_up gauge
tts_db_up 1
tts_db_texts 42
tts_db_texts_completed 37
tts_db_tasks{status="pending"} 1
tts_db_tasks{status="processing"} 3
tts_db_tasks{status="completed"} 30
tts_db_tasks_finished_total{outcome="completed"} 37
tts_db_tasks_finished_total{outcome="failed"} 2
tts_db_tasks_finished_total{outcome="timeout"} 1
tts_db_workers{state="live"} 4
tts_db_workers{state="lost"} 1
`;

test("a scrape becomes one line", () => {
  const totals = parseTotals(SCRAPE);
  expect(totals && formatTotals(totals)).toBe(
    "texts 42 (completed 37, 88.1 %)  tasks: 3 running, 1 waiting, 37 completed, 2 failed, 1 timeout  workers 4 live",
  );
});

test("without the database there are no totals, and no zeros in their place", () => {
  expect(parseTotals("tts_db_up 0\n")).toBeUndefined();
  expect(parseTotals("")).toBeUndefined();
});

test("no texts, no share", () => {
  const totals = parseTotals("tts_db_up 1\ntts_db_texts 0\n");
  expect(totals && formatTotals(totals)).toMatch(/^texts 0 \(completed 0\) {2}tasks/);
});
