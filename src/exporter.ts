import type pg from "pg";
import { createCollectors } from "./collectors/index.ts";
import { runCollectors } from "./collectors/run.ts";
import { readStats } from "./collectors/stats.ts";
import { textsCollector } from "./collectors/texts.ts";
import type { Config } from "./config.ts";
import { createPool, isConnectionError } from "./db/pool.ts";
import { readSchema, schemaProblem } from "./db/schema.ts";
import { withSnapshot } from "./db/snapshot.ts";
import { exporterEndpoints } from "./endpoints.ts";
import { createApp } from "./http/app.ts";
import { auditJob } from "./jobs/audit.ts";
import { foldJob } from "./jobs/fold.ts";
import { pruneJob } from "./jobs/prune.ts";
import { createScheduler } from "./jobs/scheduler.ts";
import { sweepJob } from "./jobs/sweep.ts";
import { witnessJob } from "./jobs/witness.ts";
import type { Logger } from "./logger.ts";
import { createScrape, LONGEST_READ } from "./metrics/scrape.ts";
import { createSelfMetrics } from "./metrics/self-metrics.ts";
import { logChanges } from "./outage-log.ts";
import { VERSION } from "./version.ts";

// Scrapes have connections of their own, so that jobs and the API cannot starve them.
const SCRAPE_CONNECTIONS = 2;
const WORK_CONNECTIONS = 2;
const WORK_STATEMENT_TIMEOUT = 4000;

export type ExporterSettings = Pick<
  Config<"serve">,
  "audit" | "collector" | "retention" | "scrape" | "sweep" | "task" | "texts" | "web"
>;

export type Exporter = ReturnType<typeof createExporter>;

/** The exporter's parts, put together: nothing runs and nobody listens yet. */
export function createExporter(databaseUrl: string, settings: ExporterSettings, log: Logger) {
  const onError = (error: Error) => log.debug({ err: error }, "an idle database connection broke");
  const pool = (name: string, max: number, statementTimeout: number) =>
    createPool({ url: databaseUrl, max, statementTimeout, applicationName: `tts-monitor ${name}`, onError });
  const scrapePool = pool("scrape", SCRAPE_CONNECTIONS, LONGEST_READ);
  const workPool = pool("exporter", WORK_CONNECTIONS, WORK_STATEMENT_TIMEOUT);

  // One for metrics and API: untracked texts are counted once for both.
  const texts = settings.collector.texts ? textsCollector(settings.texts.cache) : undefined;
  const collectors = createCollectors({ pendingTimeout: settings.task.pendingTimeout, texts });
  const jobs = [
    sweepJob({
      db: workPool,
      interval: settings.sweep.interval,
      onSwept: ({ reason, delay }) => self.swept(reason, delay),
      log,
    }),
    foldJob(workPool),
    auditJob({
      pool: workPool,
      interval: settings.audit.interval,
      texts: settings.collector.texts,
      onAudited: (ledger, drift) => self.audited(ledger, drift),
      log,
    }),
    pruneJob({ db: workPool, retention: settings.retention, log }),
  ];
  const jobNames = jobs.map(({ name }) => name);
  const self = createSelfMetrics(jobNames, () => poolState([scrapePool, workPool]));
  const outages = logChanges(log);
  const scrape = createScrape({
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
      withSnapshot(scrapePool, deadline, async ({ client, schema, takenAt, clockSkew }) => ({
        schemaVersion: schema.version,
        takenAt,
        clockSkew,
        results: await runCollectors(client, collectors, deadline, isConnectionError),
      })),
  });

  let draining = false;
  const endpoints = exporterEndpoints({
    workPool,
    telemetryPath: settings.web.telemetryPath,
    timeoutOffset: settings.scrape.timeoutOffset,
    measure: async (budget) => ({ measurements: await scrape(budget), registries: [self.registry] }),
    problem: async () => (draining ? "shutting down" : await databaseProblem(workPool)),
    discovered: self.discovered,
    readStats: () =>
      withSnapshot(workPool, performance.now() + LONGEST_READ, ({ client, takenAt }) =>
        readStats(client, texts, takenAt),
      ),
  });

  const schedulers = [
    createScheduler(jobs, self.jobRan, log),
    // Apart, and without metrics: it fails when the database does, which tts_db_up tells.
    createScheduler([witnessJob(workPool)], () => {}, log),
  ];
  return {
    app: createApp(endpoints, { observe: self.requested }),
    endpoints,
    scheduler: {
      start() {
        for (const scheduler of schedulers) scheduler.start();
      },
      stop: async () => void (await Promise.all(schedulers.map((scheduler) => scheduler.stop()))),
    },
    workPool,
    /** From now on not ready, so that load balancers go elsewhere. */
    drain() {
      draining = true;
    },
    async close() {
      await Promise.all([scrapePool.end(), workPool.end()]);
    },
  };
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
