import { setTimeout as sleep } from "node:timers/promises";
import type { Stage } from "../stage/stage.ts";
import type { Fault } from "./fault.ts";
import { POSTGRES } from "./parts.ts";
import { insist, long } from "./time.ts";

export const TABLE_LOCKED: Fault = {
  kind: "table-locked",
  lane: "breaking",
  seconds: 3,
  prepare(stage, random) {
    const ms = random.whole(2000, 4000);
    const inject = () => lockTable(stage, "tts_monitor.tasks in access exclusive mode", ms);
    return { targets: POSTGRES, detail: `${ms} ms`, inject };
  },
};

export const HEARTBEATS_LOCKED: Fault = {
  kind: "heartbeats-locked",
  lane: "breaking",
  seconds: 4,
  prepare(stage, random) {
    const ms = long(stage, random);
    const inject = () => lockTable(stage, "tts_monitor.workers in exclusive mode", ms);
    return { targets: POSTGRES, detail: `${ms} ms`, inject };
  },
};

const LOCK_ROW = `
  select from tts_monitor.tasks where status = 'processing'
  order by md5($1 || id) limit 1 for update skip locked`;

export const ROW_LOCKED: Fault = {
  kind: "row-locked",
  lane: "breaking",
  seconds: 4,
  prepare(stage, random) {
    const ms = long(stage, random);
    const salt = String(random.fraction());
    return {
      targets: POSTGRES,
      detail: `${ms} ms`,
      inject: () =>
        inTransactionOfAStranger(stage, async (query) => {
          await insist(async () => {
            const { rowCount } = await query(LOCK_ROW, [salt]);
            if (rowCount === 0) throw new Error("no task runs whose row could be locked");
          });
          await sleep(ms);
        }),
    };
  },
};

function lockTable(stage: Stage, which: string, ms: number): Promise<void> {
  return inTransactionOfAStranger(stage, async (query) => {
    await query("set local lock_timeout = '5s'");
    await query(`lock table ${which}`);
    await sleep(ms);
  });
}

type Query = (text: string, values?: unknown[]) => Promise<{ rowCount: number }>;

/** What it locks is free again in any case: a session's locks end with it. */
async function inTransactionOfAStranger(
  { database }: Stage,
  work: (query: Query) => Promise<void>,
): Promise<void> {
  const session = await database.stranger();
  try {
    await session.query("begin");
    await work((text, values) => session.query(text, values) as ReturnType<Query>);
    await session.query("rollback");
  } finally {
    await session.end();
  }
}
