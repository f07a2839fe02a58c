import type pg from "pg";
import { createPool } from "../db/pool.ts";
import { readSchema, schemaProblem } from "../db/schema.ts";
import { registerWorker, type Slot, type WorkerRegistration } from "../db/worker-store.ts";
import { createWorkerEmitter } from "../domain/events.ts";
import { lockPatience } from "../domain/patience.ts";
import { reasonOf } from "../domain/thrown.ts";
import { DatabaseUnavailableError, TtsMonitorError, WorkerStoppedError } from "../errors.ts";
import { openAccess } from "../http/access/access.ts";
import { type HttpServer, listen } from "../http/server.ts";
import { createWorkerApp } from "../http/worker-app.ts";
import type { Logger } from "../logger.ts";
import { createWorkerMetrics } from "../metrics/worker-metrics.ts";
import { VERSION } from "../version.ts";
import type { WorkerContext } from "./context.ts";
import { drain } from "./drain.ts";
import { createEndedElsewhere } from "./ended-elsewhere.ts";
import { createEventBuffer, type EventBuffer } from "./event-buffer.ts";
import { applyFinish } from "./finish.ts";
import { createForgottenTasks } from "./forgotten.ts";
import { type Heartbeat, startHeartbeat } from "./heartbeat.ts";
import { createLane } from "./lane.ts";
import { createLimiter } from "./limiter.ts";
import {
  addressToAdvertise,
  resolveOptions,
  type TaskMonitorOptions,
  type WorkerSettings,
} from "./options.ts";
import { createProgress } from "./progress.ts";
import { openSpool } from "./replay.ts";
import { createRunningTasks } from "./running-tasks.ts";
import { prepareSpoolDir } from "./spool-dir.ts";
import { createWakeUp } from "./wake-up.ts";

const CONNECTIONS = 2;
// With the time to notice it (src/db/pool.ts) below five seconds, so that a connection that went dead in silence holds
// nothing up for longer.
const STATEMENT_TIMEOUT = 4000;
const SUBMISSIONS_AT_ONCE = 4;

/** A worker that is open: its parts, put together. */
export interface Worker {
  context: WorkerContext;
  heartbeat: Heartbeat;
  registry: ReturnType<typeof createWorkerMetrics>;
  port: number | undefined;
  close(): Promise<void>;
}

/** @throws as createTaskMonitor */
export async function openWorker(options: TaskMonitorOptions): Promise<Worker> {
  const settings = resolveOptions(options);
  const { log, spoolDir } = settings;
  if (spoolDir !== undefined) await prepareSpoolDir(spoolDir);
  const pool = createPool({
    url: settings.databaseUrl,
    max: CONNECTIONS,
    applicationName: `tts-monitor worker ${settings.worker}`,
    statementTimeout: STATEMENT_TIMEOUT,
    lockTimeout: lockPatience(settings.heartbeatTimeout),
    log,
  });
  // In reverse order: what was opened last is closed first, also when opening fails half-way.
  const releases: (() => Promise<void>)[] = [() => pool.end()];
  const release = async () => {
    for (const step of releases.splice(0).reverse()) await step();
  };
  try {
    await answered(() => requireSchema(pool));
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
  const waiting = new Set<bigint>();
  const progress = createProgress();
  // The metrics come before the slot is taken, because the slot's row tells where the metrics are served.
  let heartbeat: Heartbeat | undefined;
  let buffer: EventBuffer | undefined;
  const registry = createWorkerMetrics(
    events,
    () => ({
      active: running.size,
      waiting: waiting.size,
      limit: limiter.limit,
      oldestAge: running.oldestAge,
      lastHeartbeat: heartbeat?.lastAt ?? 0,
      lastProgress: progress.lastAt,
      buffered: buffer?.size ?? 0,
    }),
    VERSION,
  );
  const problem = async () => {
    if (heartbeat?.fenced) return "another process has taken this slot name";
    return stop.signal.aborted ? "the worker is closing" : undefined;
  };
  const server = await serveMetrics(settings, [registry], problem, releases);

  const address = server ? addressToAdvertise(settings, server.port) : null;
  const { worker, heartbeatTimeout } = settings;
  const me = { worker, address, concurrencyLimit: limiter.limit, heartbeatTimeout, version: VERSION };
  const spoolOf = await answered(() => openSpool({ pool, events, log }, settings.spoolDir, worker));
  const slot = await answered(() => takeSlot(pool, me, log));
  const apply = applyFinish.bind(undefined, { pool, events });
  buffer = createEventBuffer({ apply, events, log, spool: spoolOf(slot) });
  const endedElsewhere = createEndedElsewhere(
    pool,
    running,
    { suspicious: 2 * settings.heartbeatInterval, interval: heartbeatTimeout },
    log,
  );
  const forgotten = createForgottenTasks(pool, slot, () => [...waiting, ...running.ids()], log);
  const beating = startHeartbeat({
    pool,
    me: { ...me, ...slot },
    interval: settings.heartbeatInterval,
    limit: () => limiter.limit,
    events,
    log,
    onBeat: progress.move,
    onTaken(gap) {
      void forgotten.look();
      void endedElsewhere.look(gap);
    },
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
    submissions: createLane(SUBMISSIONS_AT_ONCE),
    waiting,
    keptBack: new Set(),
    suspectForgotten: forgotten.suspect,
    progress,
    wakeUp: createWakeUp(settings),
    stopped: stop.signal,
    fenced: () => beating.fenced,
  };
  return {
    context,
    heartbeat: beating,
    registry,
    port: server?.port,
    close: closer(context, beating, stop, release),
  };
}

/** Where a worker listens, its metrics and whether it is ready. */
async function serveMetrics(
  { listen: address, webConfigFile, log }: WorkerSettings,
  registries: Parameters<typeof createWorkerApp>[0],
  problem: () => Promise<string | undefined>,
  releases: (() => Promise<void>)[],
): Promise<HttpServer | undefined> {
  if (!address) return undefined;
  const access = await openAccess(
    { configFile: webConfigFile, configSetting: "the option webConfigFile" },
    log,
  );
  releases.push(async () => access.close());
  const server = await listen(createWorkerApp(registries, problem, access), address, { tls: access.tls });
  releases.push(server.close);
  return server;
}

function closer(
  context: WorkerContext,
  heartbeat: Heartbeat,
  stop: AbortController,
  release: () => Promise<void>,
) {
  let closing: Promise<void> | undefined;
  return () => {
    stop.abort();
    context.limiter.close();
    closing ??= drain(context, heartbeat).then(release, release);
    return closing;
  };
}

/** Takes the slot name over, and says so where its former process may still live. */
async function takeSlot(pool: pg.Pool, me: WorkerRegistration, log: Logger): Promise<Slot> {
  const { worker, incarnation, formerHeard } = await registerWorker(pool, me);
  if (formerHeard !== null) {
    log.warn(
      { seconds: formerHeard },
      "the slot's former process was heard from so shortly ago: if it still runs, two have been given one name",
    );
  }
  return { worker, incarnation };
}

async function requireSchema(pool: pg.Pool): Promise<void> {
  const problem = schemaProblem(await readSchema(pool));
  if (problem) throw new DatabaseUnavailableError(problem);
}

/** Whatever the database objects while we open means that it cannot be worked with. */
async function answered<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof TtsMonitorError) throw error;
    throw new DatabaseUnavailableError(`the database does not answer: ${reasonOf(error)}`, { cause: error });
  }
}
