import type pg from "pg";
import { expect, it } from "vitest";
import { withClient } from "../../src/db/connect.ts";
import { explainEverything, lookedAt, nodesOf } from "../support/plans.ts";
import { createTestDatabase } from "../support/postgres.ts";
import { callEveryStoreFunction, STORE_FUNCTIONS } from "../support/store-calls.ts";
import { createAppRows } from "../support/text-steps.ts";

const EACH = 20_000;
const FEW = 100;

// Those that are there to look at all tasks, or at all that run or wait.
const OF_ALL_TASKS = [
  "bookRepair",
  "countTasks",
  "disownForgotten",
  "pruneWorkers",
  "readTaskPage",
  "sweepOverdue",
];
// The global limit counts what runs, of which it lets no more be.
const COUNT_OF_THE_LIMIT = "select concurrency_global - (select count(*)";

/** Tasks of one kind, the newest now, one every `step`, as the triggers would have left them. */
const insertTasks = (kind: string, step: string, columns: string, values: string) => `
  insert into tts_monitor.tasks (text_id, worker, content_hash, created_at, ${columns})
  select 1000 + n, 'other', encode(sha256(('${kind} ' || n)::bytea), 'hex'), t, ${values}
  from (select n, clock_timestamp() - n * interval '${step}' as t from generate_series(1, ${EACH}) n) task`;

const COMPLETED = ["status, started_at, finished_at, deadline_at", "'completed', t, t, t"] as const;
const OLD = insertTasks("old", "1 hour", ...COMPLETED);
const NEW = [
  insertTasks("new", "1 second", ...COMPLETED),
  insertTasks("waiting", "1 second", "ready_at", "null"),
  insertTasks(
    "running",
    "1 second",
    "status, started_at, deadline_at",
    "'processing', t, t + interval '1 day'",
  ),
];

/** @returns for each function of the stores the most that a part of a plan of its looked at */
async function mostLookedAt(client: pg.Client): Promise<Map<string, { looked: number; text: string }>> {
  const most = new Map<string, { looked: number; text: string }>();
  let name = "";
  await explainEverything(client, ({ text, plan }) => {
    if (text.includes(COUNT_OF_THE_LIMIT)) return;
    const looked = Math.max(...nodesOf(plan).map(lookedAt));
    if (looked > (most.get(name)?.looked ?? -1)) most.set(name, { looked, text });
  });
  const did = await callEveryStoreFunction(client, (next) => {
    name = next;
  });
  expect(did).toEqual(STORE_FUNCTIONS);
  return most;
}

it.each([
  ["of an empty table", ["analyze", OLD, ...NEW]],
  ["of a time when nothing ran or waited", [OLD, "analyze", ...NEW]],
  ["that are new", [OLD, ...NEW, "analyze"]],
])(
  "with statistics %s a statement about one task looks at few, however many run and wait",
  async (_of, steps) => {
    const database = await createTestDatabase();
    try {
      await createAppRows(database.pool, true);
      await withClient(database.directUrl, "statistics", async (client) => {
        await client.query("alter table tts_monitor.tasks set (autovacuum_enabled = off)");
        await client.query("set session_replication_role = replica");
        for (const step of steps) await client.query(step);
        await client.query("set session_replication_role = origin");
        const most = await mostLookedAt(client);
        expect(
          [...most].filter(([name, { looked }]) => looked > FEW && !OF_ALL_TASKS.includes(name)),
        ).toEqual([]);
      });
    } finally {
      await database.drop();
    }
  },
);
