/** What a naive exporter asks at each scrape; each row's `n` becomes a series with the row's labels. */
export const QUESTIONS = {
  // The usual one of hand-made exporters, and of the old monitor: it counts all rows.
  count: {
    name: "naive: counts the tasks by status",
    sql: "select status, count(*) as n from tts_monitor.tasks group by status",
    labels: ["status"],
  },
  // The fairest that one query can be: our own books, whose cost does not grow with the rows.
  ledger: {
    name: "naive: reads tts-monitor's own books",
    sql: "select event, label, bucket, n, micros from tts_monitor.task_ledger",
    labels: ["event", "label", "bucket"],
  },
} as const;
export type Question = keyof typeof QUESTIONS;

export function isQuestion(word: string): word is Question {
  return word in QUESTIONS;
}
