import { writeConcurrencyLimit } from "../../src/db/settings-store.ts";
import { always, atMost, number, progress, quick, type Target, table } from "../support/report.ts";
import type { BenchDatabase } from "../support/server.ts";
import { countRoundTrips } from "./round-trips.ts";
import { callsOf, type SentStatement, sentDuring, timeOf } from "./sent-statements.ts";
import type { Order } from "./worker.ts";
import { startWorker } from "./worker-process.ts";

const TASKS = quick ? 100 : 2000;
// Each of them waits for a while until it may start.
const KEPT_BACK = TASKS / 5;
const CONCURRENCY = 8;
const TIGHT = 4;
// No heartbeat comes in between: all that is counted are the tasks' own statements.
const QUIET = { heartbeatInterval: "1h", heartbeatTimeout: "2h" };
const FIRST_TEXT = 1_000_000_000;

interface Case {
  name: string;
  order: Order & { tasks: number };
  /** tasks in processing that the database allows */
  globalLimit?: number;
  /** it counts for the promise of `run` */
  promised?: boolean;
}

const run = { kind: "run", concurrency: CONCURRENCY, tasks: TASKS } as const;
const RUNS: Case[] = [
  { name: "`run` with content", order: run, promised: true },
  { name: "`run` with its hash alone", order: { ...run, request: "hash" }, promised: true },
  { name: "`run` under a global limit, slots free", order: run, globalLimit: 1000, promised: true },
  {
    name: `\`run\`, ${CONCURRENCY} at once of 20 ms each under a global limit of ${TIGHT}`,
    order: { ...run, tasks: KEPT_BACK, lasts: 20 },
    globalLimit: TIGHT,
  },
  { name: "`run` of content that is completed: refused", order: { ...run, request: "duplicate" } },
  { name: "`startTask` and `completeTask`", order: { kind: "start and complete", tasks: TASKS } },
];
const WORK: Case[] = [
  { name: "`work`, pending tasks", order: { kind: "work", tasks: TASKS } },
  {
    name: "`work` under a global limit, slots free",
    order: { kind: "work", tasks: TASKS },
    globalLimit: 1000,
  },
];

/** What each of the library's ways to run a task sends, told by the server, and how often it waits for an answer. */
export async function measureStatements(database: BenchDatabase, workersUrl: string): Promise<Target[]> {
  const trips = await countRoundTrips(workersUrl);
  const rows: (string | number)[][] = [];
  const promised: number[] = [];
  try {
    // A worker that claims goes on looking for tasks, so it does nothing else.
    for (const cases of [RUNS, WORK]) {
      const worker = await startWorker({
        writer: "library",
        options: { databaseUrl: trips.url, worker: "counted", concurrency: CONCURRENCY, ...QUIET },
        firstText: FIRST_TEXT + rows.length * TASKS,
      });
      try {
        await worker.does({ kind: "run", concurrency: 1, tasks: 1, request: "duplicate" });
        for (const one of cases) await count(one, (order) => worker.does(order));
      } finally {
        await worker.close();
      }
    }
  } finally {
    await writeConcurrencyLimit(database.pool, null);
    await trips.close();
  }
  table(["per task", "statements", "round trips", "in the server, ms", "sent"], rows);
  return [always(atMost("library: statements per run", Math.max(...promised), 3))];

  async function count(one: Case, does: (order: Order) => Promise<unknown>): Promise<void> {
    await writeConcurrencyLimit(database.pool, one.globalLimit ?? null);
    const { tasks, kind } = one.order;
    const before = trips.count;
    const sent = await sentDuring(database.pool, async () => {
      if (kind === "work") await recordPending(database, tasks);
      await does(one.order);
    });
    const statements = callsOf(sent) / tasks;
    const roundTrips = (trips.count - before) / tasks;
    if (one.promised) promised.push(statements);
    rows.push([
      one.name,
      exact(statements),
      exact(roundTrips),
      number(timeOf(sent) / tasks),
      verbs(sent, tasks),
    ]);
    progress(`${one.name}: ${exact(statements)} statements`);
  }
}

/** Tasks that nobody waits with, as a retry leaves them. */
async function recordPending({ pool }: BenchDatabase, tasks: number): Promise<void> {
  await pool.query("insert into tts_monitor.tasks (text_id) select generate_series(1, $1::int)", [tasks]);
}

function exact(perTask: number): string {
  return String(Number(perTask.toFixed(3)));
}

/** As `1 insert, 2 update`. */
function verbs(sent: readonly SentStatement[], tasks: number): string {
  const calls = new Map<string, number>();
  for (const { text, calls: n } of sent) {
    const verb = /\w+/.exec(text)?.[0].toLowerCase() ?? "?";
    calls.set(verb, (calls.get(verb) ?? 0) + n);
  }
  return [...calls].map(([verb, n]) => `${exact(n / tasks)} ${verb}`).join(", ");
}
