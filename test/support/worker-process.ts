/**
 * A worker in a process of its own, with the library as users import it. argv: a plan in JSON. Prints `ready`, a line
 * for each task that hangs and each brief one's end, the heap where it is asked to, and `done`; on SIGUSR2 it takes the plan's next limits and
 * prints its statistics; SIGTERM closes it.
 */
import { once } from "node:events";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import type * as Library from "../../src/index.ts";

export interface Plan {
  options: Library.TaskMonitorOptions;
  /** one text each */
  tasks: number;
  firstText: number;
  /**
   * `mixed`: every fifth text fails; `hang`: never ends, whatever its signal says; `brief`: half a second or less, and
   * for pending tasks that nobody waits with too; prints `ended` or `rejected`, the text and the error; `held`: as `mixed`, as soon as the file `release` is there;
   * `asked`: pending tasks alone, as the text's first digit says: 1 at once, 2 after two seconds, 3 never, while it
   * may, 4 fails
   */
  handler: "instant" | "mixed" | "hang" | "brief" | "held" | "asked";
  release: string;
  /** numbers of ended tasks at which to print the heap */
  heapAt: number[];
  /** for each SIGUSR2 those that it sets, one right after the other */
  limits: number[][];
}

const library: typeof Library = await import(pathToFileURL(resolve("dist/index.js")).href);
const plan: Plan = JSON.parse(process.argv[2] ?? "");
const monitor = await library.createTaskMonitor(plan.options);
let taken = 0;
let ended = 0;

process.on("SIGUSR2", async () => {
  for (const limit of plan.limits.shift() ?? []) monitor.setConcurrency(limit);
  console.log(`stats ${JSON.stringify(await monitor.getStats())}`);
});
process.once("SIGTERM", async () => {
  await monitor.close();
  process.exit(0);
});
if (plan.handler === "brief") void monitor.work(handle);
if (plan.handler === "asked") void monitor.work(handleAsAsked);
console.log("ready");
await Promise.all(Array.from({ length: plan.options.concurrency ?? 1 }, runInTurn));
console.log("done");

async function runInTurn(): Promise<void> {
  while (taken < plan.tasks) {
    await run(plan.firstText + taken++);
    ended++;
    if (plan.heapAt.includes(ended)) printHeap(ended);
  }
}

/** Again, where the database was away before the task was recorded. */
async function run(textId: number): Promise<void> {
  for (;;) {
    try {
      await monitor.run({ textId, content: `text ${textId}` }, handle);
      if (plan.handler === "brief") console.log(`ended ${textId}`);
      return;
    } catch (error) {
      if (!(error instanceof library.DatabaseUnavailableError)) {
        if (plan.handler === "brief") console.log(`rejected ${textId} ${String(error)}`);
        if (error instanceof library.WorkerStoppedError) taken = plan.tasks;
        return;
      }
      await sleep(100);
    }
  }
}

async function handle({ textId }: Library.Task): Promise<Library.Audio> {
  if (plan.handler === "hang") {
    console.log(`hangs at ${textId}`);
    return new Promise(() => {});
  }
  if (plan.handler === "brief") await sleep(500 * Math.random());
  while (plan.handler === "held" && !existsSync(plan.release)) await sleep(20);
  if (["mixed", "held"].includes(plan.handler) && textId % 5n === 0n) {
    throw Object.assign(new Error("429 from the provider"), { reason: "provider_throttled" });
  }
  return { audioUrl: `/audio/${textId}.wav`, filename: `${textId}.wav`, fileSize: 70_000 };
}

async function handleAsAsked(task: Library.Task): Promise<Library.Audio> {
  const [first] = String(task.textId);
  if (first === "2") await sleep(2000);
  if (first === "3") await once(task.signal, "abort");
  if (first === "4") throw new Error("as it was asked to");
  return handle(task);
}

function printHeap(tasks: number): void {
  global.gc?.();
  console.log(`heap after ${tasks}: ${process.memoryUsage().heapUsed}`);
}
