import { end } from "../../src/db/end-store.ts";
import { start } from "../../src/db/start-store.ts";
import { insertPending } from "../../src/db/submit-store.ts";
import { registerWorker, type Slot } from "../../src/db/worker-store.ts";
import { COMPLETED, registration } from "../../test/support/tasks.ts";
import type { BenchDatabase } from "./server.ts";
import { scriptOf } from "./statements.ts";

/** Transitions in one run of the script. */
export const TRANSITIONS = 3;

const TASK = 4711n;
const TEXT = 4712n;
const TIMEOUT = 2_400_000;

/** A worker whose tasks the script moves; its heartbeat stays good for a day. */
export function registerScriptWorker({ pool }: BenchDatabase): Promise<Slot> {
  return registerWorker(pool, registration("bench", 86_400_000));
}

/**
 * A task's whole life as a worker's `run` writes it, each transition in a transaction of its own.
 * @param otherWork ms that each transaction stays open
 */
export async function taskScript(slot: Slot, otherWork = 0): Promise<string> {
  const variables = new Map<unknown, string>([
    [TASK, "id"],
    [TEXT, "text"],
  ]);
  const record = await scriptOf(
    (db) => insertPending(db, { textId: TEXT, contentHash: null, slot, dedupWindow: 0 }),
    variables,
  );
  const begin = await scriptOf((db) => start(db, TASK, slot, TIMEOUT), variables);
  const complete = await scriptOf((db) => end(db, TASK, COMPLETED), variables);
  const steps = [`${record} \\gset`, `${begin};`, `${complete};`];
  const transaction = (step: string) =>
    otherWork > 0 ? `begin;\n${step}\n\\sleep ${otherWork} ms\nend;` : step;
  return ["\\set text random(1, 1000000000)", ...steps.map(transaction), ""].join("\n");
}
