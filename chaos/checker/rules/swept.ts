import type { TaskRow } from "../../recording/entries.ts";
import { befalls, kindOf } from "../faults.ts";
import { type Context, onRecorder, type Rule, type Tell } from "../rule.ts";
import { unavailable } from "../unavailable.ts";

/** ms that the contract adds to heartbeat timeout and sweep interval */
const ALLOWANCE = 2000;
/** ms: rows have fractions of them, the recorder's clock is set now and then */
const ROUNDING = 1;
const CLOCK = 100;

/** No living worker's task is ended for it, no task before its deadline, and each soon after. */
export function swept(): Rule {
  return {
    name: "swept",
    title: "no living worker's task is ended, none before its deadline, each soon after",
    always: false,
    see(entry, context, tell) {
      if (entry.type !== "rows") return;
      for (const row of entry.tasks) {
        if (row.status !== "timeout" || row.finishedAt === null || row.startedAt === null) continue;
        tell.compared();
        if (row.reason === "worker_lost") judgeLost(row, row.startedAt, row.finishedAt, context, tell);
        else if (row.reason === "deadline_exceeded") judgeLate(row, row.finishedAt, context, tell);
        else wrong("a task has timed out for no reason of the list", row, context, tell);
      }
    },
  };
}

/** A task of a process that was killed leaves processing within heartbeat timeout + sweep interval + 2 s. */
export function leaving(): Rule {
  return {
    name: "leaving",
    title: "a dead worker's task leaves processing within heartbeat timeout + sweep interval + 2 s",
    always: false,
    see(entry, context, tell) {
      if (entry.type !== "rows") return;
      for (const row of entry.tasks) {
        if (row.worker === null || row.startedAt === null) continue;
        const started = onRecorder(row.startedAt, context);
        const finished =
          row.finishedAt === null ? Number.POSITIVE_INFINITY : onRecorder(row.finishedAt, context);
        const death = deathOf(row.worker, started, finished, context);
        if (death === undefined) continue;
        tell.compared();
        const until = Math.min(finished, death + 120_000);
        const { heartbeatTimeout, sweepInterval } = context.begin.settings;
        const patience = 1000 * (heartbeatTimeout + sweepInterval) + ALLOWANCE;
        const away = unavailable(death - 1000 * heartbeatTimeout, until, context);
        const allowed = patience + away + (away > 0 ? 1000 * heartbeatTimeout : 0);
        if (finished - death <= allowed) continue;
        wrong("the task of a process that had ended stayed in processing", row, context, tell, {
          "its process ended at, ms": death,
          "it ended at, ms": finished,
          "allowed, ms": allowed,
        });
      }
    },
  };
}

/** When the process that ran this died without a good end while it went on; undefined where it did not. */
function deathOf(worker: string, from: number, to: number, { parts }: Context): number | undefined {
  const [last] = parts
    .livesOfSlot(worker)
    .filter(({ startedAt }) => startedAt <= from)
    .sort((a, b) => b.startedAt - a.startedAt);
  // One that is about to take the name may have it already: either may have run it.
  if (!last || (last.readyAt ?? Number.POSITIVE_INFINITY) > from || last.how === "exit code 0")
    return undefined;
  const { endedAt = Number.POSITIVE_INFINITY } = last;
  return endedAt >= from && endedAt < to ? endedAt : undefined;
}

function judgeLost(row: TaskRow, startedAt: number, finishedAt: number, context: Context, tell: Tell): void {
  const { worker } = row;
  const { parts, faults, begin } = context;
  // How workers of others report, over HTTP, is not followed here.
  if (worker === null || parts.livesOf(worker).length === 0) return;
  const [started, finished] = [onRecorder(startedAt, context), onRecorder(finishedAt, context)];
  const ended = parts
    .livesOfSlot(worker)
    .some(({ endedAt = Infinity }) => endedAt >= started - CLOCK && endedAt <= finished + CLOCK);
  if (ended) return;
  const { heartbeatTimeout, sweepInterval } = begin.settings;
  const patience = 1000 * (2 * heartbeatTimeout + sweepInterval) + ALLOWANCE;
  const away = unavailable(started - patience, finished, context);
  const explained = faults
    .during(started - patience - away, finished)
    .some((fault) => kindOf(fault).loses && befalls(fault, worker));
  if (!explained) wrong("the task of a worker that lived was ended as lost", row, context, tell);
}

function judgeLate(row: TaskRow, finishedAt: number, context: Context, tell: Tell): void {
  const { deadlineAt } = row;
  if (deadlineAt === null || finishedAt < deadlineAt - ROUNDING) {
    wrong("a task was ended before its deadline", row, context, tell);
    return;
  }
  const [deadline, finished] = [onRecorder(deadlineAt, context), onRecorder(finishedAt, context)];
  const { heartbeatTimeout, sweepInterval } = context.begin.settings;
  const away = unavailable(deadline - 1000 * heartbeatTimeout, finished, context);
  const allowed = 1000 * sweepInterval + ALLOWANCE + away + (away > 0 ? 1000 * heartbeatTimeout : 0);
  if (finished - deadline <= allowed) return;
  wrong("a task was ended long after its deadline", row, context, tell, { "allowed, ms": allowed });
}

function wrong(
  sentence: string,
  row: TaskRow,
  context: Context,
  tell: Tell,
  more: Record<string, number> = {},
): void {
  const at = onRecorder(row.finishedAt ?? row.startedAt ?? row.createdAt, context);
  const { id, textId, status, reason, worker, startedAt, deadlineAt, finishedAt } = row;
  const ms = (time: number | null) => (time === null ? "none" : onRecorder(time, context));
  tell.wrong({
    sentence,
    at,
    values: {
      task: id,
      text: textId,
      status,
      reason: reason ?? "none",
      worker: worker ?? "none",
      "started at, ms": ms(startedAt),
      "deadline at, ms": ms(deadlineAt),
      "finished at, ms": ms(finishedAt),
      ...more,
    },
  });
}
