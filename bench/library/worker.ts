/**
 * A process that runs tasks: with the library, as users import it, or with a bare pool. argv: a plan in JSON. It says
 * `ready`, and then answers one order at a time with what that has cost.
 */
import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import type * as Library from "../../src/index.ts";
import { openBare } from "./bare.ts";

export interface Plan {
  writer: "library" | "bare";
  options: Library.TaskMonitorOptions & { databaseUrl: string };
  firstText: number;
}

export type Order =
  | {
      kind: "run";
      /** tasks one after the other, in each of so many chains */
      concurrency: number;
      /** the end: after so many tasks, or so many seconds */
      tasks?: number;
      seconds?: number;
      /** what `run` is given; `duplicate`: the content of a task that has been completed */
      request?: "content" | "hash" | "duplicate";
      /** ms that the handler takes */
      lasts?: number;
    }
  /** start and end by calls of their own */
  | { kind: "start and complete"; tasks: number }
  /** claims pending tasks from now on; answered when so many have ended */
  | { kind: "work"; tasks: number }
  /** starts so many tasks, which last until they are let go */
  | { kind: "hold"; tasks: number }
  | { kind: "let go" }
  | { kind: "wait"; seconds: number }
  | { kind: "close" };

export interface Cost {
  tasks: number;
  seconds: number;
  /** of this process, user and system */
  cpuMicros: number;
  /** ms that the event loop came too late */
  delayP99: number;
  delayMax: number;
  /** since the process started: heartbeats that failed, results that had to be written again */
  heartbeatFailures: number;
  replayed: number;
}

const AUDIO = { audioUrl: "/audio/1.wav", filename: "1.wav", fileSize: 70_000 };
// Of the timer that looks for delays, ms.
const RESOLUTION = 10;
const LONGEST = 1e9;

const plan: Plan = JSON.parse(process.argv[2] ?? "");
const library: typeof Library = await import(pathToFileURL(resolve("dist/index.js")).href);
const bare = plan.writer === "bare" ? openBare(plan.options.databaseUrl) : undefined;
const monitor = bare ? undefined : await library.createTaskMonitor(plan.options);
let nextText = plan.firstText;
let expected = 0;
let working: Promise<void> | undefined;
let letGo = () => {};
let held: Promise<unknown> = Promise.resolve();

process.on("message", (order: Order) => void answer(order));
process.once("disconnect", () => process.exit());
process.send?.("ready");

async function answer(order: Order): Promise<void> {
  try {
    process.send?.(await measured(() => obey(order)));
    if (order.kind === "close") process.disconnect();
  } catch (error) {
    console.error(error);
    process.exit(1);
  }
}

/** @param work gives the number of its tasks */
async function measured(work: () => Promise<number>): Promise<Cost> {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  delay.enable();
  const cpu = process.cpuUsage();
  const begin = performance.now();
  const tasks = await work();
  const seconds = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  delay.disable();
  const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - RESOLUTION);
  return {
    tasks,
    seconds,
    cpuMicros: user + system,
    delayP99: late(delay.percentile(99)),
    delayMax: late(delay.max),
    heartbeatFailures: await ownMetric("tts_worker_heartbeat_failures_total"),
    replayed: await ownMetric("tts_worker_events_replayed_total"),
  };
}

async function obey(order: Order): Promise<number> {
  switch (order.kind) {
    case "run":
      return runInChains(order);
    case "start and complete":
      return startAndComplete(order.tasks);
    case "work":
      return claim(order.tasks);
    case "hold":
      return hold(order.tasks);
    case "let go":
      letGo();
      await held;
      return 0;
    case "wait":
      await sleep(order.seconds * 1000);
      return 0;
    case "close":
      await (bare ?? monitor)?.close();
      await working;
      return 0;
  }
}

async function runInChains(order: Order & { kind: "run" }): Promise<number> {
  const { concurrency, tasks = LONGEST, seconds = LONGEST, request = "content", lasts = 0 } = order;
  const deadline = performance.now() + seconds * 1000;
  let taken = 0;
  let ended = 0;
  async function chain(): Promise<void> {
    while (taken < tasks && performance.now() < deadline) {
      taken++;
      await runOne(request, lasts);
      ended++;
    }
  }
  await Promise.all(Array.from({ length: concurrency }, chain));
  return ended;
}

async function runOne(request: "content" | "hash" | "duplicate", lasts: number): Promise<void> {
  const textId = nextText++;
  if (!monitor) {
    await bare?.run(textId);
    return;
  }
  const content = request === "duplicate" ? "always the same" : `text ${textId}`;
  const hash = () => createHash("sha256").update(content).digest("hex");
  const said = request === "hash" ? { contentHash: hash() } : { content };
  try {
    await monitor.run({ textId, ...said }, async () => {
      if (lasts > 0) await sleep(lasts);
      return AUDIO;
    });
  } catch (error) {
    if (request !== "duplicate" || !(error instanceof library.DuplicateTaskError)) throw error;
  }
}

async function startAndComplete(tasks: number): Promise<number> {
  for (let task = 0; task < tasks; task++) {
    const textId = nextText++;
    const started = await monitor?.startTask({ textId, content: `text ${textId}` });
    if (started) await monitor?.completeTask(started.taskId, AUDIO);
  }
  return tasks;
}

async function claim(tasks: number): Promise<number> {
  expected += tasks;
  working ??= monitor?.work(async () => AUDIO);
  while ((await ownMetric('tts_worker_tasks_finished_total{outcome="completed"}')) < expected)
    await sleep(10);
  return tasks;
}

async function hold(tasks: number): Promise<number> {
  const release = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const runs: Promise<unknown>[] = [];
  const starts = Array.from({ length: tasks }, () => {
    const textId = nextText++;
    return new Promise<void>((started, failed) => {
      const run = monitor?.run({ textId, content: `text ${textId}` }, async () => {
        started();
        await release;
        return AUDIO;
      });
      run?.catch(failed);
      runs.push(Promise.resolve(run));
    });
  });
  held = Promise.all(runs);
  held.catch(() => {});
  await Promise.all(starts);
  return tasks;
}

/** The library's own count. @param series as it is exposed; 0 of a bare pool */
async function ownMetric(series: string): Promise<number> {
  const exposed = await monitor?.metrics();
  const line = exposed?.split("\n").find((each) => each.startsWith(`${series} `));
  return Number(line?.slice(series.length) ?? 0);
}
