import type { TaskRow } from "../../chaos/recording/entries.ts";
import type { Outcome } from "../../src/domain/task.ts";
import { call, endProcess, SECOND, type World, wall } from "./chaos-world.ts";

const LIMIT = 5;
const MAY_RUN = { created: 1, started: 1, completed: 1, failed: 1, timeout: 1 };
const STARTED = "tts_worker_tasks_started_total";

/** Somebody sends a text, now and then one that is known; a worker speaks it where there is room. */
export function submit(world: World, at: number, workers: readonly string[]): void {
  const { random, after, up } = world;
  if (!up || inProcessing(world).length >= LIMIT) return;
  if (random.fraction() < 0.05) {
    call(world, at, "api", { deduplicated: 1 });
    return;
  }
  call(world, at, "application", { texts: 1 });
  const worker = random.pick(workers);
  if (world.processes.get(worker)?.runs) after(at + 10, () => run(world, at + 10, worker));
}

/** Its process is killed: what it ran is found and ended by others. */
export function killWorker(world: World, worker: string, at: number): void {
  endProcess(world, worker, at, "SIGKILL");
  for (const row of inProcessing(world).filter((one) => one.worker === worker)) {
    world.after(at + 3500, () => end(world, row, at + 3500, "timeout", "worker_lost"));
  }
}

function inProcessing({ rows }: World): TaskRow[] {
  return [...rows.values()].filter(({ status }) => status === "processing");
}

function run(world: World, at: number, worker: string): void {
  const { books, random, rows, after, entries } = world;
  const process = world.processes.get(worker);
  if (!process) return;
  const row = newRow(String(++books.created), worker, at);
  rows.set(row.id, row);
  books.started++;
  process.own[STARTED] = (process.own[STARTED] ?? 0) + 1;
  const asked = ++world.calls;
  entries.push({ type: "asked", at, id: asked, by: worker, call: "run", textId: row.textId, may: MAY_RUN });
  const fraction = random.fraction();
  const ms = fraction < 0.02 ? 8 * SECOND + 100 : random.whole(50, 1500);
  const [outcome, reason] = fateOf(fraction);
  const { life } = process;
  const tryToEnd = (now: number) => {
    if (!process.runs || process.life !== life) return;
    // As soon as the database is there.
    if (!world.up) after(now + 100, () => tryToEnd(now + 100));
    else finish(world, row, now, outcome, reason, asked);
  };
  after(at + ms, () => tryToEnd(at + ms));
}

function fateOf(fraction: number): [Outcome, string | null] {
  if (fraction < 0.02) return ["timeout", "deadline_exceeded"];
  return fraction < 0.1 ? ["failed", "internal"] : ["completed", null];
}

function newRow(id: string, worker: string, at: number): TaskRow {
  return {
    id,
    textId: id,
    status: "processing",
    reason: null,
    worker,
    createdAt: wall(at),
    startedAt: wall(at),
    deadlineAt: wall(at) + 8 * SECOND,
    finishedAt: null,
    lateAt: null,
    moves: [">pending", "pending>processing"],
  };
}

function finish(
  world: World,
  row: TaskRow,
  at: number,
  outcome: Outcome,
  reason: string | null,
  asked: number,
): void {
  end(world, row, at, outcome, reason);
  const did = { created: 1, started: 1, [outcome]: 1 };
  const told = { taskId: row.id, status: outcome };
  world.entries.push({ type: "answered", at, id: asked, outcome: "acknowledged", did, ...told });
  if (outcome !== "completed") return;
  world.after(at + 10, () => call(world, at + 10, "application", { textsCompleted: 1 }));
}

function end({ books }: World, row: TaskRow, at: number, outcome: Outcome, reason: string | null): void {
  Object.assign(row, { status: outcome, reason, finishedAt: wall(at) });
  row.moves.push(`processing>${outcome}`);
  books.ended[outcome].push((wall(at) - (row.startedAt ?? 0)) / SECOND);
  if (reason !== null) books.reasons[reason] = (books.reasons[reason] ?? 0) + 1;
}
