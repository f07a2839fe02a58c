import type { Pool } from "pg";
import { end } from "../../src/db/end-store.ts";
import { start } from "../../src/db/start-store.ts";
import type { Slot } from "../../src/db/worker-store.ts";
import { eventually } from "../../test/support/eventually.ts";
import { COMPLETED } from "../../test/support/tasks.ts";
import { until } from "../support/pace.ts";
import { type Arrivals, keyOf } from "./clients.ts";

const TASK_TIMEOUT = 2_400_000;
const LONGEST_DELIVERY = 10_000;

export interface PendingTask {
  id: bigint;
  textId: number;
}

interface Delivery {
  /** commits a second that were reached */
  rate: number;
  /** from each commit to its client, ms; infinite where it was never told */
  delays: number[];
}

/**
 * Starts each of the tasks, then completes each, evenly spread over the time, and looks when the clients learn of it.
 * @param rate commits a second
 */
export async function deliver(
  { pool, slot }: { pool: Pool; slot: Slot },
  tasks: readonly PendingTask[],
  rate: number,
  arrivals: Arrivals,
): Promise<Delivery> {
  const commits = new Map<string, number>();
  const steps = [
    ...tasks.map(({ id, textId }) => ({
      key: keyOf(textId, "started"),
      run: async () => (await start(pool, id, slot, TASK_TIMEOUT)) !== undefined,
    })),
    ...tasks.map(({ id, textId }) => ({
      key: keyOf(textId, "completed"),
      run: async () => (await end(pool, id, COMPLETED)) !== undefined,
    })),
  ];
  const begin = performance.now();
  const running: Promise<void>[] = [];
  for (const [index, { key, run }] of steps.entries()) {
    await until(begin, (index * 1000) / rate);
    const commit = async () => {
      if (!(await run())) throw new Error(`the task did not move: ${key}`);
      commits.set(key, performance.now());
    };
    running.push(commit());
  }
  await Promise.all(running);
  const seconds = (performance.now() - begin) / 1000;
  const arrived = () => [...commits.keys()].every((key) => arrivals.has(key));
  await eventually("every event has arrived", arrived, LONGEST_DELIVERY).catch(() => {});
  const delays = [...commits].map(([key, committed]) => {
    const arrival = arrivals.get(key) ?? Number.POSITIVE_INFINITY;
    // The client may be told before the database's answer is here.
    return Math.max(0, arrival - committed);
  });
  return { rate: steps.length / seconds, delays };
}
