import type { Entry, Rows, TaskRow } from "../recording/entries.ts";
import type { Random } from "../stage/random.ts";
import { isSnapshot, type Mutant, oneEntry, scrapesOf, valueIn } from "./mutant.ts";

/** What is wrong with the rows at the end, and with their recounts on the way. */
export const ROWS: readonly Mutant[] = [
  oneRow("an acknowledged task has ended otherwise", "rows", (row, entries) =>
    row.status === "completed" && isTold(row, entries)
      ? {
          ...row,
          status: "failed",
          reason: "other",
          moves: row.moves.map((move) => move.replace("completed", "failed")),
        }
      : undefined,
  ),
  oneEntry("an acknowledged task has no row", "rows", "rows", (rows, entries) => {
    const gone = rows.tasks.find((row) => isTold(row, entries));
    return gone && [{ ...rows, tasks: rows.tasks.filter((row) => row !== gone) }];
  }),
  oneRow("a task has two ends", "rows", (row) =>
    row.status === "completed" ? { ...row, moves: [...row.moves, "completed>completed"] } : undefined,
  ),
  oneRow("a task's end is not its last", "rows", (row) =>
    row.status === "completed"
      ? { ...row, status: "timeout", reason: "deadline_exceeded", moves: [...row.moves, "completed>timeout"] }
      : undefined,
  ),
  oneRow("a task ends that has not started", "rows", (row) =>
    row.status === "completed" ? { ...row, moves: [">pending", "pending>completed"] } : undefined,
  ),
  oneRow("a living worker's task is swept", "swept", (row, entries) =>
    isCalm(row, entries) ? timedOut(row, "worker_lost") : undefined,
  ),
  oneRow("a task is ended before its deadline", "swept", (row) =>
    row.status === "completed" ? timedOut(row, "deadline_exceeded") : undefined,
  ),
  oneRow("a task runs on for a minute after its deadline", "swept", (row) => {
    const { deadlineAt } = row;
    if (row.status !== "completed" || deadlineAt === null) return undefined;
    return { ...timedOut(row, "deadline_exceeded"), finishedAt: deadlineAt + 90_000 };
  }),
  oneRow("a killed worker's task stays in processing", "leaving", (row, entries, random) => {
    const [begin] = entries;
    const deaths = entries.filter(
      (entry) => entry.type === "process" && entry.part === row.worker && entry.how === "SIGKILL",
    );
    if (deaths.length === 0 || begin?.type !== "begin") return undefined;
    const death = begin.startedAt + atOf(random.pick(deaths));
    return { ...timedOut(row, "worker_lost"), startedAt: death - 100, finishedAt: death + 110_000 };
  }),
  oneEntry("a recount lacks a row", "recounts", "recount", (recount, entries) => {
    const before = scrapesOf(entries).findLast((scrape) => scrape.end < recount.begin && isSnapshot(scrape));
    const completed = before ? valueIn(before, "tts_db_tasks_finished_total", { outcome: "completed" }) : 0;
    if (completed === 0 || completed !== recount.completed) return undefined;
    return [{ ...recount, completed: completed - 1, created: recount.created - 1 }];
  }),
  oneEntry("a recount finds more tasks in processing than may be", "limit", "recount", (recount, [begin]) => {
    if (begin?.type !== "begin") return undefined;
    const processing = begin.settings.globalLimit + 1;
    return [{ ...recount, processing, created: recount.created + processing - recount.processing }];
  }),
  {
    name: "nobody recounts",
    rule: "recounts",
    apply: (entries) => entries.filter(({ type }) => type !== "recount"),
  },
];

function oneRow(
  name: string,
  rule: string,
  change: (row: TaskRow, entries: readonly Entry[], random: Random) => TaskRow | undefined,
): Mutant {
  return oneEntry<"rows">(name, rule, "rows", (rows, entries, random) => {
    for (const row of random.shuffle(rows.tasks)) {
      const changed = change(row, entries, random);
      if (changed)
        return [{ ...rows, tasks: rows.tasks.map((one) => (one === row ? changed : one)) } satisfies Rows];
    }
    return undefined;
  });
}

function timedOut(row: TaskRow, reason: string): TaskRow {
  return {
    ...row,
    status: "timeout",
    reason,
    moves: [">pending", "pending>processing", "processing>timeout"],
  };
}

function isTold({ id }: TaskRow, entries: readonly Entry[]): boolean {
  return entries.some(
    (entry) =>
      entry.type === "answered" &&
      entry.taskId === id &&
      entry.outcome === "acknowledged" &&
      ["completed", "failed", "timeout"].includes(entry.status ?? ""),
  );
}

/** A worker has run it to its good end while nothing went on, nor had for long. */
function isCalm({ status, worker, startedAt, finishedAt }: TaskRow, entries: readonly Entry[]): boolean {
  const [begin] = entries;
  if (status !== "completed" || startedAt === null || finishedAt === null || begin?.type !== "begin")
    return false;
  const [from, to] = [startedAt - begin.startedAt - 20_000, finishedAt - begin.startedAt + 1000];
  const isNear = (entry: Entry) =>
    (entry.type === "fault" || (entry.type === "process" && entry.what === "ended")) &&
    entry.at > from &&
    entry.at < to;
  return entries.some((entry) => entry.type === "process" && entry.part === worker) && !entries.some(isNear);
}

function atOf(entry: Entry): number {
  return entry.type === "process" ? entry.at : 0;
}
