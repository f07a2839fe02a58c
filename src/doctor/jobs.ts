import { counted } from "../domain/counted.ts";
import { ok, question, rowOf, warn } from "./check.ts";

// An exporter folds each second, and more than this in a second is more than 16 writers have ever made.
const BACKLOG = 20_000;

/** Is there an exporter at work: does it sweep, fold, audit, prune? */
export const jobsCheck = question("jobs", async (db) => {
  const { exporters, deltas } = await rowOf<{ exporters: boolean; deltas: number }>(db, SQL, [BACKLOG]);
  const waiting = deltas > BACKLOG ? `more than ${BACKLOG} changes` : counted(deltas, "change");
  if (!exporters) {
    return warn(
      `no exporter is connected: nobody ends overdue tasks; ${waiting} to be folded`,
      "`tts-monitor serve`; where one runs, its log says why it cannot connect",
    );
  }
  const found = `an exporter is connected; ${waiting} to be folded`;
  if (deltas <= BACKLOG) return ok(found);
  return warn(
    found,
    "the exporter's log says why the job fold fails or lags (docs/runbooks/TTSJobFailing.md)",
  );
});

// The sessions of src/exporter.ts; an application's name is shown to every role.
const SQL = `
  select
    exists (
      select from pg_stat_activity where datname = current_database() and application_name = 'tts-monitor exporter'
    ) as exporters,
    (select count(*) from (
      (select from tts_monitor.task_deltas limit $1 + 1) union all (select from tts_monitor.text_deltas limit $1 + 1)
    ) deltas)::integer as deltas`;
