import { tasksCollector } from "../collectors/tasks.ts";
import { readTrackedTexts } from "../collectors/texts.ts";
import { countTasks, countTexts } from "../db/audit-store.ts";
import type { Queryable } from "../db/pool.ts";
import type { Figure } from "../domain/audit.ts";
import { STATUSES, type Status } from "../domain/task.ts";

export interface TaskFigure extends Figure {
  name: Status;
}

/** The tasks' ledger, as the metrics read it, beside a recount of the rows: call it inside one snapshot. */
export async function compareTasks(db: Queryable, stop?: AbortSignal): Promise<TaskFigure[]> {
  const books = await tasksCollector.read(db);
  const counts = await countTasks(db, stop);
  return STATUSES.map((name) => ({ name, ledger: books.rows[name], recount: counts[name] }));
}

/** The same for texts; undefined where no ledger of them is kept. */
export async function compareTexts(db: Queryable, stop?: AbortSignal): Promise<Figure[] | undefined> {
  const books = await readTrackedTexts(db);
  if (!books) return undefined;
  const counts = await countTexts(db, stop);
  return (["texts", "completed"] as const).map((name) => ({
    name,
    ledger: books[name],
    recount: counts[name],
  }));
}
