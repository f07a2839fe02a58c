import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { createPool } from "../db/pool.ts";
import { readSchema, schemaProblem } from "../db/schema.ts";
import { beginDrain, registerWorker, removeWorker } from "../db/worker-store.ts";
import { DatabaseUnavailableError, TtsMonitorError, WorkerStoppedError } from "../errors.ts";
import { listen } from "../http/server.ts";
import { createWorkerApp } from "../http/worker-app.ts";
import { createWorkerMetrics } from "../metrics/worker-metrics.ts";
import { reasonOf } from "../outage-log.ts";
import { VERSION } from "../version.ts";
import type { WorkerContext } from "./context.ts";
import { createEventBuffer } from "./event-buffer.ts";
import { createWorkerEmitter } from "./events.ts";
import { type Heartbeat, startHeartbeat } from "./heartbeat.ts";
import { createLimiter } from "./limiter.ts";
import {
  addressToAdvertise,
  resolveOptions,
  type TaskMonitorOptions,
  type WorkerSettings,
} from "./options.ts";
import { createRunningTasks } from "./running-tasks.ts";

const CONNECTIONS = 2;
const STATEMENT_TIMEOUT = 5000;

/** A worker that is open: its parts, put together. */
export interface Worker {
  context: WorkerContext;
  heartbeat: Heartbeat;
  registry: ReturnType<typeof createWorkerMetrics>;
  port: number | undefined;
  waiting: WaitingCount;
  close(): Promise<void>;
}

interface WaitingCount {
  readonly count: number;
  during<T>(wait: () => Promise<T>): Promise<T>;
}

/** @throws as createTaskMonitor */
export async function openWorker(options: TaskMonitorOptions): Promise<Worker> {
  const settings = resolveOptions(options);
  const { log } = settings;
  const pool = createPool({
    url: settings.databaseUrl,
    max: CONNECTIONS,
    applicationName: `tts-monitor worker ${settings.worker}`,
    statementTimeout: STATEMENT_TIMEOUT,
    onError: (error) => log.debug({ reason: reasonOf(error) }, "an idle database connection broke"),
  });
  // In reverse order: what was opened last is closed first, also when opening fails half-way.
  const releases: (() => Promise<void>)[] = [() => pool.end()];
  const release = async () => {
    for (const step of releases.splice(0).reverse()) await step();
  };
  try {
    await requireSchema(pool);
    return await open(settings, pool, releases, release);
  } catch (error) {
    await release();
    throw error;
  }
}

async function open(
  settings: WorkerSettings,
  pool: pg.Pool,
  releases: (() => Promise<void>)[],
  release: () => Promise<void>,
): Promise<Worker> {
  const { log } = settings;
  const stop = new AbortController();
  const events = createWorkerEmitter();
  const limiter = createLimiter(settings.concurrency);
  const running = createRunningTasks();
  const buffer = createEventBuffer(events, log);
  const waiting = waitingCount();
  let lastProgress = Date.now() / 1000;
  const progress = () => {
    lastProgress = Date.now() / 1000;
  };
  // Both exist before the slot is taken, because the slot's row tells where the metrics are served.
  let heartbeat: Heartbeat | undefined;
  const registry = createWorkerMetrics(
    events,
    () => ({
      active: running.size,
      waiting: waiting.count,
      limit: limiter.limit,
      oldestAge: running.oldestAge,
      lastHeartbeat: heartbeat?.lastAt ?? 0,
      lastProgress,
      buffered: buffer.size,
    }),
    VERSION,
  );
  const problem = async () => {
    if (heartbeat?.fenced) return "another process has taken this slot name";
    return stop.signal.aborted ? "the worker is closing" : undefined;
  };
  const server = settings.listen && (await listen(createWorkerApp([registry], problem), settings.listen));
  if (server) releases.push(server.close);

  const slot = await registerWorker(pool, {
    worker: settings.worker,
    address: server ? addressToAdvertise(settings, server.port) : null,
    concurrencyLimit: limiter.limit,
    heartbeatTimeout: settings.heartbeatTimeout,
    version: VERSION,
  });
  const beating = startHeartbeat({
    pool,
    slot,
    interval: settings.heartbeatInterval,
    limit: () => limiter.limit,
    events,
    log,
    onBeat: progress,
    onFenced() {
      stop.abort();
      limiter.close();
      running.abortAll(new WorkerStoppedError("another process has taken this slot name"));
    },
  });
  heartbeat = beating;
  const context: WorkerContext = {
    pool,
    slot,
    settings,
    events,
    buffer,
    limiter,
    running,
    progress,
    stopped: stop.signal,
    fenced: () => beating.fenced,
  };
  let closing: Promise<void> | undefined;
  const worker: Worker = {
    context,
    heartbeat: beating,
    registry,
    port: server?.port,
    waiting,
    close() {
      closing ??= drain(context, beating, stop).then(release, release);
      return closing;
    },
  };
  return worker;
}

/** Starts nothing more, waits for what runs, and takes the worker off the list. */
async function drain(context: WorkerContext, heartbeat: Heartbeat, stop: AbortController): Promise<void> {
  const { pool, slot, settings, limiter, running, buffer } = context;
  stop.abort();
  limiter.close();
  await beginDrain(pool, slot).catch(() => {});
  await within(running.empty(), settings.shutdownGrace);
  running.abortAll(new WorkerStoppedError("the worker was stopped"));
  await within(running.empty(), settings.shutdownGrace);
  await buffer.flush(settings.shutdownGrace);
  await heartbeat.stop();
  await removeWorker(pool, slot).catch((error: unknown) => {
    settings.log.warn({ reason: reasonOf(error) }, "the worker could not say goodbye: it will count as lost");
  });
}

async function requireSchema(pool: pg.Pool): Promise<void> {
  let problem: string | undefined;
  try {
    problem = schemaProblem(await readSchema(pool));
  } catch (error) {
    if (error instanceof TtsMonitorError) throw error;
    throw new DatabaseUnavailableError(`the database does not answer: ${reasonOf(error)}`, { cause: error });
  }
  if (problem) throw new DatabaseUnavailableError(problem);
}

function waitingCount(): WaitingCount {
  let count = 0;
  return {
    get count() {
      return count;
    },
    async during(wait) {
      count++;
      try {
        return await wait();
      } finally {
        count--;
      }
    },
  };
}

async function within(promise: Promise<void>, ms: number): Promise<void> {
  const timeout = new AbortController();
  await Promise.race([promise, sleep(ms, undefined, { signal: timeout.signal }).catch(() => {})]);
  timeout.abort();
}
