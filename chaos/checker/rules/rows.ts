import { isOutcome, type Status } from "../../../src/domain/task.ts";
import type { Answered, TaskRow } from "../../recording/entries.ts";
import { keyOf } from "../exposition.ts";
import { phaseBegin, type Read, type Rule, type Tell } from "../rule.ts";

const STATUSES: readonly Status[] = ["pending", "processing", "completed", "failed", "timeout"];
const PATH = /^(insert)?>(pending|processing|completed|failed|timeout)$/;

/** What was acknowledged of a task stands in its row, each ended once, and the last scrapes say what the rows do. */
export function rows(): Rule {
  /** id of the task → the status that a caller was told last, where it is a final one */
  const told = new Map<string, string | undefined>();
  const counts = new Map<Status, number>();
  const last = new Map<string, Read>();
  let total = 0;

  function hear({ outcome, taskId, status }: Answered): void {
    if (outcome !== "acknowledged" || taskId === undefined) return;
    const final = status !== undefined && isOutcome(status as Status) ? status : undefined;
    told.set(taskId, final ?? told.get(taskId));
  }

  function look(row: TaskRow, at: number, tell: Tell): void {
    total++;
    counts.set(row.status, (counts.get(row.status) ?? 0) + 1);
    tell.compared();
    const status = told.get(row.id);
    told.delete(row.id);
    const values = { task: row.id, text: row.textId, status: row.status, moves: row.moves.join(" ") };
    if (status !== undefined && status !== row.status) {
      tell.wrong({ sentence: `a task was acknowledged as ${status}, and is not`, at, values });
    }
    const problem = problemOf(row);
    if (problem !== undefined) tell.wrong({ sentence: problem, at, values });
  }

  return {
    name: "rows",
    title: "each task has ended once, as its caller was told; rows, moves and last scrape agree",
    always: true,
    see(entry, context, tell) {
      if (entry.type === "answered") hear(entry);
      if (entry.type === "rows") for (const row of entry.tasks) look(row, entry.at, tell);
      const { snapshot } = context;
      if (snapshot && snapshot.scrape.begin >= (phaseBegin(context, "final") ?? Number.POSITIVE_INFINITY)) {
        last.set(snapshot.scrape.part, snapshot);
      }
    },
    finish(_context, tell) {
      if (total === 0) return;
      const at = Math.max(0, ...[...last.values()].map(({ scrape }) => scrape.end));
      for (const [task, status] of told) {
        tell.wrong({ sentence: "an acknowledged task is in no row", at, values: { task, status } });
      }
      for (const read of last.values()) compareTotals(read, counts, total, tell);
    },
  };
}

/** Every move is one that tasks make, and there is one end. */
function problemOf({ status, moves }: TaskRow): string | undefined {
  const [first = "", ...rest] = moves;
  let now = PATH.exec(first)?.[2];
  if (now === undefined) return "a row's first move is not its insert";
  for (const move of rest) {
    const [from, to = ""] = move.split(">");
    if (isOutcome(now as Status)) return "a task has ended twice";
    if (from !== now || !mayMove(now, to)) return `a task has moved as none may: ${move}`;
    now = to;
  }
  return now === status ? undefined : "a row's status is not where its last move led";
}

function mayMove(from: string, to: string): boolean {
  return from === "pending" ? to === "processing" : isOutcome(to as Status);
}

function compareTotals(
  { scrape, reading }: Read,
  counts: ReadonlyMap<Status, number>,
  total: number,
  tell: Tell,
): void {
  const expected = new Map<string, number>([["tts_db_tasks_created_total", total]]);
  for (const status of STATUSES) {
    const series = isOutcome(status)
      ? keyOf("tts_db_tasks_finished_total", { outcome: status })
      : keyOf("tts_db_tasks", { status });
    expected.set(series, counts.get(status) ?? 0);
  }
  for (const [series, number] of expected) {
    const value = reading.values.get(series);
    if (value === undefined) continue;
    tell.compared();
    if (value === number) continue;
    tell.wrong({
      sentence: "the last scrape says something else than the rows",
      at: scrape.end,
      scrapes: [scrape],
      series,
      values: { scrape: value, rows: number },
    });
  }
}
