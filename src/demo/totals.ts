/** A line's worth of the exporter's metrics. */
export interface Totals {
  texts: number;
  textsCompleted: number;
  processing: number;
  pending: number;
  completed: number;
  failed: number;
  timeout: number;
  workersLive: number;
}

/** Reads the totals of a scrape; undefined where the exporter did not get them from the database. */
export function parseTotals(metrics: string): Totals | undefined {
  const samples = parseSamples(metrics);
  const value = (series: string) => samples.get(series) ?? 0;
  if (value("tts_db_up") !== 1) return undefined;
  return {
    texts: value("tts_db_texts"),
    textsCompleted: value("tts_db_texts_completed"),
    processing: value('tts_db_tasks{status="processing"}'),
    pending: value('tts_db_tasks{status="pending"}'),
    completed: value('tts_db_tasks_finished_total{outcome="completed"}'),
    failed: value('tts_db_tasks_finished_total{outcome="failed"}'),
    timeout: value('tts_db_tasks_finished_total{outcome="timeout"}'),
    workersLive: value('tts_db_workers{state="live"}'),
  };
}

/** `12:00:05  texts 42 (completed 37, 88.1 %)  tasks: 3 running, …`, without the time of day. */
export function formatTotals(totals: Totals): string {
  const share = totals.texts === 0 ? "" : `, ${((100 * totals.textsCompleted) / totals.texts).toFixed(1)} %`;
  return [
    `texts ${totals.texts} (completed ${totals.textsCompleted}${share})`,
    `tasks: ${totals.processing} running, ${totals.pending} waiting, ${totals.completed} completed, ` +
      `${totals.failed} failed, ${totals.timeout} timeout`,
    `workers ${totals.workersLive} live`,
  ].join("  ");
}

/** The samples of an exposition by their series as it is written: of one exporter, which writes it always the same. */
export function parseSamples(metrics: string): Map<string, number> {
  const lines = metrics.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const end = line.lastIndexOf(" ");
      return [line.slice(0, end), Number(line.slice(end + 1))];
    }),
  );
}
