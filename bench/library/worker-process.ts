import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onAbruptEnd } from "../../test/support/abrupt-end.ts";
import { outputOf } from "../../test/support/output-of.ts";
import type { Cost, Order, Plan } from "./worker.ts";

export interface WorkerProcess {
  /** Lets the worker do it; one order at a time. */
  does(order: Order): Promise<Cost>;
  /** Closes the worker, and ends the process in any case. */
  close(): Promise<void>;
}

const PROGRAM = fileURLToPath(new URL("./worker.ts", import.meta.url));
const CLOSES_WITHIN = 10_000;

/** Starts a worker in a process of its own, once it is ready. */
export async function startWorker(plan: Plan): Promise<WorkerProcess> {
  const child = fork(PROGRAM, [JSON.stringify(plan)], {
    execArgv: ["--import", "tsx"],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const forget = onAbruptEnd(() => void child.kill("SIGKILL"));
  const output = outputOf(child);
  const ended = once(child, "close").finally(forget);
  const endedEarly = ended.then(([code]) => {
    throw new Error(`a worker ended with ${code}:\n${output()}`);
  });
  endedEarly.catch(() => {});
  const answer = async () => (await Promise.race([once(child, "message"), endedEarly]))[0];
  await answer();

  async function does(order: Order): Promise<Cost> {
    child.send(order);
    return answer();
  }
  return {
    does,
    async close() {
      const timer = setTimeout(() => child.kill("SIGKILL"), CLOSES_WITHIN);
      if (child.connected) await does({ kind: "close" }).catch(() => {});
      await ended;
      clearTimeout(timer);
    },
  };
}
