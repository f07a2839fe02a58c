import type pg from "pg";
import { createCollectors } from "./collectors/index.ts";
import { runCollectors } from "./collectors/run.ts";
import { readStats } from "./collectors/stats.ts";
import { readSystemStatus } from "./collectors/system-status.ts";
import { textsCollector } from "./collectors/texts.ts";
import { whereToListen } from "./config/kinds.ts";
import type { Config } from "./config.ts";
import { createPool } from "./db/pool.ts";
import { readSchema, schemaProblem } from "./db/schema.ts";
import { type Snapshot, withSnapshot } from "./db/snapshot.ts";
import { isConnectionError } from "./db/sqlstate.ts";
import { exporterEndpoints } from "./endpoints.ts";
import { type AppOptions, createApp } from "./http/app.ts";
import { createStreams } from "./http/stream/streams.ts";
import { auditJob } from "./jobs/audit.ts";
import { foldJob } from "./jobs/fold.ts";
import { pruneJob } from "./jobs/prune.ts";
import { createScheduler } from "./jobs/scheduler.ts";
import { sweepJob } from "./jobs/sweep.ts";
import { witnessJob } from "./jobs/witness.ts";
import type { Logger } from "./logger.ts";
import { createRenderer } from "./metrics/renderer.ts";
import { createScrape, LONGEST_READ } from "./metrics/scrape.ts";
import { createSelfMetrics, type SelfMetrics } from "./metrics/self-metrics.ts";
import { logChanges } from "./outage-log.ts";
import { VERSION } from "./version.ts";

// Scrapes have connections of their own, so that jobs and the API cannot starve them.
const SCRAPE_CONNECTIONS = 2;
const WORK_CONNECTIONS = 2;
const WORK_STATEMENT_TIMEOUT = 4000;

export type ExporterSettings = Pick<
  Config<"serve">,
  | "audit"
  | "collector"
  | "database"
  | "dedup"
  | "grafana"
  | "heartbeat"
  | "retention"
  | "scrape"
  | "sse"
  | "sweep"
  | "task"
  | "texts"
  | "web"
>;

export type Exporter = ReturnType<typeof createExporter>;

/**
 * The exporter's parts, put together: nothing runs and nobody listens yet.
 * @param access who gets in; without it everybody, but to nothing that wants a token
 */
export function createExporter(
  databaseUrl: string,
  settings: ExporterSettings,
  log: Logger,
  access: Pick<AppOptions, "before" | "requireToken"> = {},
) {
  const pool = (name: string, max: number, statementTimeout: number) =>
    createPool({ url: databaseUrl, max, statementTimeout, applicationName: `tts-monitor ${name}`, log });
  const scrapePool = pool("scrape", SCRAPE_CONNECTIONS, LONGEST_READ);
  const workPool = pool("exporter", WORK_CONNECTIONS, WORK_STATEMENT_TIMEOUT);

  // One for metrics and API: untracked texts are counted once for both.
  const texts = settings.collector.texts ? textsCollector(settings.texts.cache) : undefined;
  const collectors = createCollectors({ pendingTimeout: settings.task.pendingTimeout, texts });
  const jobs = jobsOf(workPool, settings, log, {
    swept: (reason, delay) => self.swept(reason, delay),
    audited: (ledger, drift) => self.audited(ledger, drift),
  });
  const jobNames = jobs.map(({ name }) => name);
  const self = createSelfMetrics(jobNames, () => poolState([scrapePool, workPool]));
  const streams = createStreams({
    db: workPool,
    listenUrl: whereToListen(settings.database.listenUrl, databaseUrl),
    maxClients: settings.sse.maxClients,
    log,
    onClients: self.streaming,
  });
  const scrape = scrapeOf(scrapePool, collectors, self, log);
  const render = createRenderer([self.registry]);

  const inSnapshot = <T>(work: (snapshot: Snapshot) => Promise<T>) =>
    withSnapshot(workPool, performance.now() + LONGEST_READ, work);
  let draining = false;
  const endpoints = exporterEndpoints({
    workPool,
    telemetryPath: settings.web.telemetryPath,
    timeoutOffset: settings.scrape.timeoutOffset,
    expose: async (format, budget) => render(await scrape(budget), format),
    problem: async () => (draining ? "shutting down" : await databaseProblem(workPool)),
    discovered: self.discovered,
    overflowed: () => self.overflowed("reason"),
    ingest: {
      taskTimeout: settings.task.timeout,
      heartbeatTimeout: settings.heartbeat.timeout,
      dedupWindow: settings.dedup.window,
    },
    streams,
    readStats: () => inSnapshot(({ client, takenAt }) => readStats(client, texts, takenAt)),
    readSystemStatus: () =>
      inSnapshot(async ({ client, schema, takenAt }) => ({
        ...(await readSystemStatus(client, { texts, pendingTimeout: settings.task.pendingTimeout }, takenAt)),
        schemaVersion: schema.version,
      })),
    grafana: settings.grafana.url,
  });

  const schedulers = [
    createScheduler(jobs, self.jobRan, log),
    // Apart, and without metrics: it fails when the database does, which tts_db_up tells.
    createScheduler([witnessJob(workPool)], () => {}, log),
  ];
  return {
    app: createApp(endpoints, { ...access, observe: self.requested }),
    endpoints,
    scheduler: {
      start() {
        for (const scheduler of schedulers) scheduler.start();
      },
      stop: async () => void (await Promise.all(schedulers.map((scheduler) => scheduler.stop()))),
    },
    workPool,
    /** From now on not ready, so that load balancers go elsewhere, and streams' clients with them. */
    drain() {
      draining = true;
      streams.drain();
    },
    async close() {
      await streams.close();
      await Promise.all([scrapePool.end(), workPool.end()]);
    },
  };
}

function jobsOf(
  db: pg.Pool,
  settings: ExporterSettings,
  log: Logger,
  { swept, audited }: Pick<SelfMetrics, "swept" | "audited">,
) {
  const { interval } = settings.audit;
  const texts = settings.collector.texts;
  return [
    sweepJob({
      db,
      interval: settings.sweep.interval,
      onSwept: ({ reason, delay }) => swept(reason, delay),
      log,
    }),
    foldJob(db),
    auditJob({ pool: db, interval, texts, onAudited: audited, log }),
    pruneJob({ db, retention: settings.retention, log }),
  ];
}

function scrapeOf(
  pool: pg.Pool,
  collectors: ReturnType<typeof createCollectors>,
  self: SelfMetrics,
  log: Logger,
) {
  const outages = logChanges(log);
  return createScrape({
    self,
    version: VERSION,
    collectors: collectors.map(({ name }) => name),
    onFailure: (error) => outages.failed("database", error),
    onAnswer(results) {
      outages.works("database");
      for (const { collector, error } of results) {
        if (error) outages.failed(`collector ${collector}`, error);
        else outages.works(`collector ${collector}`);
      }
    },
    read: (deadline) =>
      withSnapshot(pool, deadline, async ({ client, schema, takenAt, clockSkew }) => ({
        schemaVersion: schema.version,
        takenAt,
        clockSkew,
        results: await runCollectors(client, collectors, deadline, isConnectionError),
      })),
  });
}

async function databaseProblem(pool: pg.Pool): Promise<string | undefined> {
  try {
    return schemaProblem(await readSchema(pool));
  } catch {
    return "the database does not answer";
  }
}

function poolState(pools: readonly pg.Pool[]) {
  const sum = (of: (pool: pg.Pool) => number) => pools.reduce((total, pool) => total + of(pool), 0);
  return {
    idle: sum((pool) => pool.idleCount),
    busy: sum((pool) => pool.totalCount - pool.idleCount),
    waiting: sum((pool) => pool.waitingCount),
  };
}
