import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { LedgerName } from "../domain/audit.ts";
import { TIMEOUT_REASONS, type TimeoutReason } from "../domain/reason.ts";

export interface PoolState {
  idle: number;
  busy: number;
  waiting: number;
}

const JOB_RESULTS = ["ok", "error", "skipped"] as const;
type JobResult = (typeof JOB_RESULTS)[number];
const SCRAPE_RESULTS = ["fresh", "coalesced", "failed"] as const;
type ScrapeResult = (typeof SCRAPE_RESULTS)[number];

const OVERFLOWING_LABELS = ["reason"] as const;
type OverflowingLabel = (typeof OVERFLOWING_LABELS)[number];

export interface SelfMetrics {
  registry: Registry;
  scraped(result: ScrapeResult): void;
  jobRan(job: string, result: JobResult, seconds: number): void;
  swept(reason: TimeoutReason, delaySeconds: number): void;
  /** @param drift ledger minus recount; undefined: no such ledger is kept */
  audited(ledger: LedgerName, drift: number | undefined): void;
  discovered(targets: number): void;
  requested(route: string, code: number, seconds: number): void;
  streaming(clients: number): void;
  /** a value outside a label's closed list came in, and was taken for `other` */
  overflowed(label: OverflowingLabel): void;
}

/**
 * The monitor's metrics of itself, kept by one process. Every bounded label value is there from the start, at 0.
 * @param jobs names of the jobs that this process runs
 * @param pools the state of its connections, asked at each scrape
 */
export function createSelfMetrics(jobs: readonly string[], pools: () => PoolState): SelfMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const scrapes = new Counter({
    name: "tts_monitor_scrapes_total",
    help: "Scrapes answered: with a database read of their own, with one shared, or without a database.",
    labelNames: ["result"],
    registers,
  });
  for (const result of SCRAPE_RESULTS) scrapes.inc({ result }, 0);
  const sdTargets = new Gauge({
    name: "tts_monitor_sd_targets",
    help: "Workers in the last answer of /sd/workers.",
    registers,
  });
  const requests = new Histogram({
    name: "tts_monitor_http_request_duration_seconds",
    help: "Time to answer an HTTP request.",
    labelNames: ["route", "code"],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers,
  });
  new Gauge({
    name: "tts_monitor_db_pool_connections",
    help: "The exporter's PostgreSQL connections; waiting: requests for one.",
    labelNames: ["state"],
    registers,
    collect() {
      for (const [state, count] of Object.entries(pools())) this.set({ state }, count);
    },
  });
  return {
    registry,
    scraped: (result) => scrapes.inc({ result }),
    discovered: (targets) => sdTargets.set(targets),
    requested: (route, code, seconds) => requests.observe({ route, code }, seconds),
    ...streamMetrics(registers),
    ...overflowMetrics(registers),
    ...jobMetrics(jobs, registers),
    ...sweeperMetrics(registers),
    ...auditMetrics(registers),
  };
}

function streamMetrics(registers: Registry[]): Pick<SelfMetrics, "streaming"> {
  const clients = new Gauge({
    name: "tts_monitor_sse_clients",
    help: "Clients of live streams that this process serves.",
    registers,
  });
  return { streaming: (count) => clients.set(count) };
}

function overflowMetrics(registers: Registry[]): Pick<SelfMetrics, "overflowed"> {
  const overflows = new Counter({
    name: "tts_monitor_label_overflow_total",
    help: "Values outside a label's closed list, taken for `other`.",
    labelNames: ["label"],
    registers,
  });
  for (const label of OVERFLOWING_LABELS) overflows.inc({ label }, 0);
  return { overflowed: (label) => overflows.inc({ label }) };
}

function jobMetrics(jobs: readonly string[], registers: Registry[]): Pick<SelfMetrics, "jobRan"> {
  const runs = new Counter({
    name: "tts_monitor_job_runs_total",
    help: "Runs of a background job; skipped: the one before was still under way.",
    labelNames: ["job", "result"],
    registers,
  });
  const lastSuccess = new Gauge({
    name: "tts_monitor_job_last_success_timestamp_seconds",
    help: "When the job last succeeded in this process; absent before.",
    labelNames: ["job"],
    registers,
  });
  const duration = new Histogram({
    name: "tts_monitor_job_duration_seconds",
    help: "Duration of a job's run.",
    labelNames: ["job"],
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10],
    registers,
  });
  for (const job of jobs) {
    for (const result of JOB_RESULTS) runs.inc({ job, result }, 0);
    duration.zero({ job });
  }
  return {
    jobRan(job, result, seconds) {
      runs.inc({ job, result });
      if (result === "skipped") return;
      duration.observe({ job }, seconds);
      if (result === "ok") lastSuccess.set({ job }, Date.now() / 1000);
    },
  };
}

function sweeperMetrics(registers: Registry[]): Pick<SelfMetrics, "swept"> {
  const tasks = new Counter({
    name: "tts_monitor_sweeper_tasks_total",
    help: "Tasks that this process's sweeper ended.",
    labelNames: ["reason"],
    registers,
  });
  for (const reason of TIMEOUT_REASONS) tasks.inc({ reason }, 0);
  const delay = new Histogram({
    name: "tts_monitor_sweeper_detection_delay_seconds",
    help: "Time from overdue to ended by the sweeper.",
    buckets: [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
    registers,
  });
  return {
    swept(reason, delaySeconds) {
      tasks.inc({ reason });
      delay.observe(delaySeconds);
    },
  };
}

function auditMetrics(registers: Registry[]): Pick<SelfMetrics, "audited"> {
  const drift = new Gauge({
    name: "tts_monitor_audit_drift",
    help: "Ledger minus recount of the rows, of the figure where they are farthest apart; must be 0.",
    labelNames: ["ledger"],
    registers,
  });
  return {
    audited(ledger, value) {
      if (value === undefined) drift.remove({ ledger });
      else drift.set({ ledger }, value);
    },
  };
}
