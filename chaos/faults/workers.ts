import { setTimeout as sleep } from "node:timers/promises";
import type { Part, Stage } from "../stage/stage.ts";
import type { Fault } from "./fault.ts";
import { mayEnd } from "./parts.ts";
import { freezing, startedAnew } from "./processes.ts";
import { long, short } from "./time.ts";

export const WORKER_KILLED: Fault = {
  kind: "worker-killed",
  lane: "breaking",
  seconds: 3,
  prepare: (stage, random) => startedAnew(random, stage.workers.filter(mayEnd), "kill"),
};

export const WORKER_STOPPED: Fault = {
  kind: "worker-stopped",
  lane: "breaking",
  seconds: 4,
  prepare: (stage, random) => startedAnew(random, stage.workers.filter(mayEnd), "stop"),
};

export const WORKER_FROZEN_SHORT: Fault = {
  kind: "worker-frozen-short",
  lane: "breaking",
  seconds: 1,
  prepare: (stage, random) => freezing(random.pick(stage.workers), short(random)),
};

export const WORKER_FROZEN: Fault = {
  kind: "worker-frozen",
  lane: "breaking",
  seconds: 4,
  prepare: (stage, random) => freezing(random.pick(stage.workers), long(stage, random)),
};

export const SLOT_TAKEN: Fault = {
  kind: "slot-taken",
  lane: "breaking",
  seconds: 5,
  prepare(stage, random) {
    const workers = stage.workers.filter(mayEnd);
    if (workers.length === 0) return undefined;
    const worker = random.pick(workers);
    const ms = random.whole(1000, 2000);
    return {
      targets: [worker.name],
      detail: `for ${ms} ms`,
      inject: () => takeSlot(stage, worker, ms),
    };
  },
};

/** The one that has lost its name stays, but works no more until it is started anew. */
async function takeSlot(stage: Stage, worker: Part, ms: number): Promise<void> {
  const usurper = await stage.usurp(worker);
  try {
    await sleep(ms);
  } finally {
    await usurper.kill();
    await worker.stop();
    await worker.start();
  }
}
