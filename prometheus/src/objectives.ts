/**
 * Objectives and thresholds: the one source of rules, alerts and dashboards. Change one, run `npm run generate`, and
 * let the tests tell what it touches.
 */

export type Duration = `${number}${"s" | "m" | "h" | "d"}`;

export const SLOS = ["task_success", "task_latency"] as const;
export type Slo = (typeof SLOS)[number];

export interface Objective {
  /** share of good events, 0…1 */
  objective: number;
  /** fewer bad events in an alert's long window page nobody, whatever their share is */
  fewestBad: number;
}

/** What an event is: `tts_db_slo_events_total` in docs/metrics.md. */
export const OBJECTIVES: Readonly<Record<Slo, Objective>> = {
  task_success: { objective: 0.99, fewestBad: 3 },
  task_latency: { objective: 0.95, fewestBad: 5 },
};

export interface BurnRate {
  /** how many times faster than sustainable the budget is spent, in both windows */
  factor: number;
  long: Duration;
  short: Duration;
  for: Duration;
  severity: "critical" | "warning";
}

/** Multiwindow, multi-burn-rate: https://sre.google/workbook/alerting-on-slos/ for a budget of 30 days. */
export const BURN_RATES: readonly BurnRate[] = [
  { factor: 14.4, long: "1h", short: "5m", for: "2m", severity: "critical" },
  { factor: 6, long: "6h", short: "30m", for: "15m", severity: "critical" },
  { factor: 3, long: "1d", short: "2h", for: "1h", severity: "warning" },
  { factor: 1, long: "3d", short: "6h", for: "3h", severity: "warning" },
];

/** The window of the error budget: Prometheus must keep its data longer. */
export const BUDGET_WINDOW: Duration = "30d";

export interface Thresholds {
  /** an older snapshot counts in no rule */
  freshSeconds: number;
  /** an older newest snapshot is an alert; below `freshSeconds` */
  staleSeconds: number;
  /** longer than the sweeper needs at its worst: an interval and two seconds */
  stuckSeconds: number;
  /** of what finished in 15 minutes */
  timeoutsRatio: number;
  fewestTimeouts: number;
  backlogTasks: number;
  /** finished per created in 15 minutes, below which the queue is losing */
  backlogRatio: number;
  /** twice the default of --slo.latency */
  oldestPendingSeconds: number;
  /** mean of 10 minutes */
  saturationRatio: number;
  expectedWorkers: number;
  /** the default of --heartbeat.timeout: a page names as silent who has been so for longer */
  silentSeconds: number;
  progressSeconds: number;
  /** in 15 minutes */
  restarts: number;
  eventLoopLagSeconds: number;
  workerMemoryBytes: number;
  /** of `workerMemoryBytes`, below which no growth is worth a word */
  workerMemoryRatio: number;
  /** in 15 minutes */
  lateWrites: number;
  scrapeSeconds: { exporter: number; worker: number };
  /** silence of the sweeper: five intervals, the scrape's own, and slack */
  sweepSeconds: number;
  /** silence of the other jobs, by name; the audit's is thrice the default of --audit.interval */
  jobSeconds: Readonly<Record<string, number>>;
  /** tasks that only one plane saw finish in an hour, and their share: both must be passed */
  planesTasks: number;
  planesRatio: number;
  /** samples of one target: 80 % of `sample_limit` in prometheus.yml */
  samples: { exporter: number; worker: number };
}

export const THRESHOLDS: Thresholds = {
  freshSeconds: 90,
  staleSeconds: 60,
  stuckSeconds: 30,
  timeoutsRatio: 0.05,
  fewestTimeouts: 3,
  backlogTasks: 20,
  backlogRatio: 0.9,
  oldestPendingSeconds: 120,
  saturationRatio: 0.95,
  expectedWorkers: 1,
  silentSeconds: 30,
  progressSeconds: 120,
  restarts: 3,
  eventLoopLagSeconds: 0.5,
  workerMemoryBytes: 2 ** 30,
  workerMemoryRatio: 0.6,
  lateWrites: 3,
  scrapeSeconds: { exporter: 1, worker: 7 },
  sweepSeconds: 60,
  jobSeconds: { fold: 600, audit: 3 * 3600, prune: 3600 },
  planesTasks: 5,
  planesRatio: 0.05,
  samples: { exporter: 1600, worker: 800 },
};
