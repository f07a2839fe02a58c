/**
 * Workers that run nothing, all in one process: each has a row in the list, a heartbeat of its own and a port of its
 * own, where it answers as a worker does. argv: the database, the number of the first one, how many, the heartbeats'
 * interval (ms). Prints `ready` when all of them are listed.
 */
import { setInterval } from "node:timers";
import { setTimeout as sleep } from "node:timers/promises";
import { createPool } from "../../src/db/pool.ts";
import { registerWorker } from "../../src/db/worker-store.ts";
import { hostPort } from "../../src/domain/address.ts";
import { createWorkerEmitter, type WorkerEmitter } from "../../src/domain/events.ts";
import { listen } from "../../src/http/server.ts";
import { createWorkerApp } from "../../src/http/worker-app.ts";
import { createLogger } from "../../src/logger.ts";
import { createWorkerMetrics } from "../../src/metrics/worker-metrics.ts";
import { VERSION } from "../../src/version.ts";
import { startHeartbeat } from "../../src/worker/heartbeat.ts";
import { answerOf } from "./answers.ts";

const HOST = "127.0.0.1";
const ANY_PORT = { host: HOST, port: 0 };
// Of all of them: a thousand workers with two each would be two thousand sessions, which is pgbouncer's business.
const CONNECTIONS = 8;
const SLOTS = 4;
const HEARTBEAT_TIMEOUT = 30_000;

const [url = "", first, count, intervalText] = process.argv.slice(2);
const interval = Number(intervalText);
const events = createWorkerEmitter();
const log = createLogger({ level: "warn", format: "json" });
const pool = createPool({
  url,
  max: CONNECTIONS,
  applicationName: "tts-monitor fleet",
  statementTimeout: 4000,
  log,
});
process.on("SIGTERM", () => process.exit(0));

const real = await listen(
  createWorkerApp([metricsOfBusyWorker(events)], async () => undefined, {}),
  ANY_PORT,
);
const answer = answerOf(real.port);
const fleet = [];
for (let number = Number(first); number < Number(first) + Number(count); number++) {
  const { port } = await listen(answer, ANY_PORT);
  const me = {
    worker: `worker-${number}`,
    address: hostPort(HOST, port),
    concurrencyLimit: SLOTS,
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    version: VERSION,
  };
  fleet.push({ ...me, ...(await registerWorker(pool, me)) });
}
console.log("ready");
for (const me of fleet) {
  startHeartbeat({
    ...{ pool, me, interval, events, log },
    limit: () => SLOTS,
    onBeat() {},
    onTaken() {},
    onFenced() {},
  });
  // Spread evenly over the interval, as those of processes that started at any time are.
  await sleep(interval / fleet.length);
}

/** Figures that move, as those of a worker with four short tasks a second. One registry is enough for all workers. */
function metricsOfBusyWorker(emitter: WorkerEmitter): ReturnType<typeof createWorkerMetrics> {
  const now = () => Date.now() / 1000;
  setInterval(() => {
    const durationSeconds = 0.5 + Math.random();
    emitter.emit("submitted", {});
    emitter.emit("started", { waitSeconds: Math.random() });
    emitter.emit("finished", { outcome: "completed", reason: null, durationSeconds, audioBytes: 70_000 });
  }, 1000 / SLOTS);
  const state = () => ({
    active: SLOTS,
    waiting: 1,
    limit: SLOTS,
    oldestAge: Math.random(),
    lastHeartbeat: now(),
    lastProgress: now(),
    buffered: 0,
  });
  return createWorkerMetrics(emitter, state, VERSION);
}
