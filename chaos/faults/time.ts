import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../stage/random.ts";
import type { Stage } from "../stage/stage.ts";

const TRIES_FOR = 20_000;

/** ms that no worker is lost over, and many a request is */
export function short(random: Random): number {
  return random.whole(1000, 1500);
}

/** ms that outlast the heartbeat timeout */
export function long({ heartbeatTimeout }: Stage, random: Random): number {
  return 1000 * heartbeatTimeout + random.whole(1000, 1500);
}

/** Makes something wrong for so long, and right again whatever happens: also where `begin` got half-way. */
export async function lasting(ms: number, begin: () => unknown, end: () => unknown): Promise<void> {
  try {
    await begin();
    await sleep(ms);
  } finally {
    await end();
  }
}

/** Tries until it succeeds, whatever else goes on. @throws what it threw last, after 20 s */
export async function insist<T>(work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + TRIES_FOR;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(100);
    }
  }
}

/** Resolves when the server takes connections, and statements on them. */
export function untilItAnswers({ database }: Stage): Promise<unknown> {
  return insist(() => database.sql("select 1"));
}
