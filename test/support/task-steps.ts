import fc from "fast-check";
import type pg from "pg";
import { end, recordLate } from "../../src/db/end-store.ts";
import { foldTasks } from "../../src/db/ledger.ts";
import { start } from "../../src/db/start-store.ts";
import { followLeader, insertPending } from "../../src/db/submit-store.ts";
import { sweepOverdue } from "../../src/db/sweep-store.ts";
import type { Slot } from "../../src/db/worker-store.ts";
import { DURATION_BUCKETS, QUEUE_WAIT_BUCKETS } from "../../src/domain/buckets.ts";
import { FAILURE_REASONS, TIMEOUT_REASONS } from "../../src/domain/reason.ts";
import { HOUR, hashOf } from "./tasks.ts";

/** What a step may use, and what it counts that no row shows afterwards. */
export interface World {
  db: pg.ClientBase;
  slot: Slot;
  late: number;
  deduplicated: number;
}

export interface Step {
  name: string;
  run(world: World): Promise<unknown>;
}

const BASE = "timestamptz '2026-01-01 00:00:00Z'";

// Exactly on a bound, a microsecond to either side of it, and anything.
const micros = (bounds: readonly number[]) =>
  fc.oneof(
    fc
      .tuple(fc.constantFrom(...bounds), fc.constantFrom(-1, 0, 1))
      .map(([bound, off]) => Math.round(bound * 1e6) + off),
    fc.integer({ min: 0, max: 5_000_000_000 }),
    fc.constant(0),
  );
const wait = micros(QUEUE_WAIT_BUCKETS);
const took = micros(DURATION_BUCKETS);
const SLO_LATENCY = 60_000_000;
// Any times, and such as come to the objective's latency together.
const times = fc.oneof(
  fc.record({ wait, took }),
  fc
    .record({ wait: fc.integer({ min: 0, max: SLO_LATENCY - 1 }), off: fc.constantFrom(-1, 0, 1) })
    .map(({ wait, off }) => ({ wait, took: SLO_LATENCY - wait + off })),
);
const pick = fc.nat(1000);
const rows = fc.integer({ min: 1, max: 4 });

const ending = fc.oneof(
  fc.constant({ outcome: "completed" as const, reason: null }),
  fc.constantFrom(...FAILURE_REASONS).map((reason) => ({ outcome: "failed" as const, reason })),
  fc.constantFrom(...TIMEOUT_REASONS).map((reason) => ({ outcome: "timeout" as const, reason })),
);

/** The id of some task in this state, if there is any. */
async function some(db: pg.ClientBase, statuses: string[], pick: number): Promise<bigint | undefined> {
  const { rows } = await db.query<{ id: string }>(
    "select id from tts_monitor.tasks where status = any($1) order by id",
    [statuses],
  );
  const row = rows[pick % Math.max(1, rows.length)];
  return row && BigInt(row.id);
}

const ENDED = ["completed", "failed", "timeout"];

const byStores: fc.Arbitrary<Step>[] = [
  fc.record({ pick, hash: fc.option(fc.nat(3)) }).map(({ pick, hash }) => ({
    name: `record a task of content ${hash}`,
    run: ({ db, slot }) =>
      insertPending(db, {
        textId: BigInt(pick + 1),
        contentHash: hash === null ? null : hashOf(hash),
        slot,
        dedupWindow: HOUR,
      }),
  })),
  fc.record({ pick, hash: fc.nat(3) }).map(({ pick, hash }) => ({
    name: `follow the task of content ${hash}`,
    async run(world) {
      if (await followLeader(world.db, BigInt(pick + 1), hashOf(hash), HOUR)) world.deduplicated++;
    },
  })),
  pick.map((pick) => ({
    name: `start #${pick}`,
    async run({ db, slot }) {
      const id = await some(db, ["pending"], pick);
      if (id) await start(db, id, slot, HOUR);
    },
  })),
  fc.record({ pick, ending }).map(({ pick, ending }) => ({
    name: `end #${pick} as ${ending.outcome}/${ending.reason}`,
    async run({ db }) {
      const id = await some(db, ["processing"], pick);
      if (id) await end(db, id, { ...ending, errorMessage: null, audio: null });
    },
  })),
  pick.map((pick) => ({
    name: `write late to #${pick}`,
    async run(world) {
      const id = await some(world.db, ENDED, pick);
      if (id && (await recordLate(world.db, id))) world.late++;
    },
  })),
  fc.nat(2).map((limit) => ({
    name: `let deadlines pass and sweep ${limit}`,
    async run({ db }) {
      await db.query(
        `update tts_monitor.tasks set deadline_at = clock_timestamp() where status = 'processing' and id % 2 = 0`,
      );
      await sweepOverdue(db, limit);
    },
  })),
  fc.integer({ min: 1, max: 7 }).map((limit) => ({
    name: `fold ${limit}`,
    run: ({ db }) => foldTasks(db, limit),
  })),
];

const bySql: fc.Arbitrary<Step>[] = [
  fc.record({ rows, times, ending }).map(({ rows, times: { wait, took }, ending: { outcome, reason } }) => ({
    name: `insert ${rows} ${outcome}/${reason} that waited ${wait} µs and took ${took} µs`,
    run: ({ db }) =>
      db.query(
        `insert into tts_monitor.tasks (text_id, status, reason, created_at, started_at, finished_at)
         select n, $2, $3, ${BASE}, ${BASE} + $4 * interval '1 microsecond',
           ${BASE} + $5 * interval '1 microsecond'
         from generate_series(1, $1::integer) n`,
        [rows, outcome, reason, wait, wait + took],
      ),
  })),
  fc.record({ rows, status: fc.constantFrom("pending", "processing", ...ENDED) }).map(({ rows, status }) => ({
    name: `insert ${rows} ${status} without a time`,
    run: ({ db }) =>
      db.query(
        "insert into tts_monitor.tasks (text_id, status) select n, $2 from generate_series(1, $1::integer) n",
        [rows, status],
      ),
  })),
  wait.map((wait) => ({
    name: `start all after ${wait} µs`,
    run: ({ db }) =>
      db.query(
        `update tts_monitor.tasks set status = 'processing', worker = 'stranger',
           started_at = created_at + $1 * interval '1 microsecond', deadline_at = 'infinity'
         where status = 'pending'`,
        [wait],
      ),
  })),
  fc.record({ took, ending }).map(({ took, ending: { outcome, reason } }) => ({
    name: `end all as ${outcome}/${reason} after ${took} µs`,
    run: ({ db }) =>
      db.query(
        `update tts_monitor.tasks set status = $1, reason = $2,
           finished_at = started_at + $3 * interval '1 microsecond'
         where status = 'processing'`,
        [outcome, reason, took],
      ),
  })),
  fc.record({ rows, of: fc.subarray(ENDED, { minLength: 1 }) }).map(({ rows, of }) => ({
    name: `delete ${rows} that are ${of}`,
    run: ({ db }) =>
      db.query(
        `with d as (
           delete from tts_monitor.tasks where id in (
             select id from tts_monitor.tasks where status = any($2) order by id limit $1) returning *
         ) insert into gone select * from d`,
        [rows, of],
      ),
  })),
  fc.constant({
    name: "change a row without moving it",
    run: ({ db }) => db.query("update tts_monitor.tasks set filename = 'x', status = status"),
  }),
];

/** Any single statement, or several of them undone by a savepoint's rollback. */
export const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.oneof(...byStores) },
  { weight: 6, arbitrary: fc.oneof(...bySql) },
  {
    weight: 1,
    arbitrary: fc.array(fc.oneof(...byStores, ...bySql), { minLength: 1, maxLength: 3 }).map((steps) => ({
      name: `undone: ${steps.map(({ name }) => name).join(", ")}`,
      async run(world: World) {
        await world.db.query("savepoint before");
        const { late, deduplicated } = world;
        for (const step of steps) await step.run(world);
        await world.db.query("rollback to before");
        Object.assign(world, { late, deduplicated });
      },
    })),
  },
);
