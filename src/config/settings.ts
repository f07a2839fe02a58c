import { DEMO_SETTINGS } from "./demo-settings.ts";
import * as kinds from "./kinds.ts";
import { MIGRATE_SETTINGS } from "./migrate-settings.ts";
import { ALL, EXPORTER, type Reader, SERVICES, type Setting, TASK_OWNERS } from "./setting.ts";

/** Every setting there is. One more is one more entry: flag, environment variable, help and type follow. */
export const SETTINGS = {
  "database.url": {
    kind: kinds.databaseUrl,
    otherwise: "embedded",
    help: "PostgreSQL 13 or newer",
    readers: ALL,
    requiredBy: ["migrate", "migrate down", "audit", "prune", "limit", "export", "import"],
    alias: "DATABASE_URL",
  },
  "database.password-file": {
    kind: kinds.file,
    otherwise: "the password is in the URL",
    help: "holds the password for a database's URL that has none, so that it stands in no environment",
    readers: ALL,
  },
  "database.listen-url": {
    kind: kinds.listenUrl,
    otherwise: "the database's URL",
    help: "where to LISTEN for news of tasks, past a pooler; none: look for them at intervals instead",
    readers: ["serve", "doctor", "worker"],
  },
  "database.migrate": {
    kind: kinds.flag,
    default: "false",
    help: "bring the database's schema up to date first; an embedded database always is",
    readers: EXPORTER,
  },
  "data-dir": {
    kind: kinds.directory,
    default: ".tts-monitor",
    help: "where the embedded database keeps its data",
    readers: SERVICES,
  },
  "web.listen-address": {
    kind: kinds.listenAddress,
    default: ":9560",
    help: "address of the exporter's HTTP",
    readers: SERVICES,
  },
  "web.telemetry-path": {
    kind: kinds.telemetryPath,
    default: "/metrics",
    help: "path of the metrics",
    readers: SERVICES,
  },
  "web.config.file": {
    kind: kinds.file,
    otherwise: "plain HTTP, open to all",
    help: "TLS and basic auth, in the file format of Prometheus' exporter-toolkit",
    readers: ["serve", "doctor", "worker"],
  },
  "web.cors-origins": {
    kind: kinds.origins,
    otherwise: "none",
    help: "origins, separated by commas, whose pages may read the API",
    readers: EXPORTER,
  },
  "api.token-file": {
    kind: kinds.file,
    otherwise: "those endpoints answer 403",
    help: "tokens that open the endpoints which change something: a line each, optionally after a name",
    readers: EXPORTER,
  },
  "grafana.url": {
    kind: kinds.webUrl,
    otherwise: "none",
    help: "where /monitor redirects to",
    readers: EXPORTER,
  },
  "sse.max-clients": {
    kind: kinds.wholeNumber(0, 1_000_000),
    default: "10000",
    help: "streams of events that are served at a time",
    readers: EXPORTER,
  },
  "scrape.timeout-offset": {
    kind: kinds.wait,
    default: "500ms",
    help: "taken off the time that Prometheus allows for a scrape",
    readers: SERVICES,
  },
  "collector.texts": {
    kind: kinds.flag,
    default: "true",
    help: "count the application's texts and those with valid audio",
    readers: EXPORTER,
  },
  "texts.cache": {
    kind: kinds.wait,
    default: "60s",
    help: "how long a direct count of texts is reused where their tables carry no triggers",
    readers: EXPORTER,
  },
  "task.timeout": {
    kind: kinds.period,
    default: "40m",
    defaults: { demo: "20s" },
    help: "deadline of a task, from its start",
    readers: TASK_OWNERS,
  },
  "task.pending-timeout": {
    kind: kinds.period,
    default: "15m",
    defaults: { demo: "1m" },
    help: "a pending task older than this is stuck: never_claimed",
    readers: SERVICES,
  },
  "heartbeat.interval": {
    kind: kinds.period,
    default: "5s",
    defaults: { demo: "1s" },
    help: "how often a worker renews its heartbeat",
    readers: TASK_OWNERS,
  },
  "heartbeat.timeout": {
    kind: kinds.period,
    default: "30s",
    defaults: { demo: "6s" },
    help: "a worker not heard from for this long is lost",
    readers: TASK_OWNERS,
  },
  "sweep.interval": {
    kind: kinds.period,
    default: "5s",
    defaults: { demo: "2s" },
    help: "how often overdue tasks and those of lost workers are ended",
    readers: SERVICES,
  },
  "dedup.window": {
    kind: kinds.span,
    default: "24h",
    help: "a task completed within it answers a new submission of the same content",
    readers: TASK_OWNERS,
  },
  "concurrency.global": {
    kind: kinds.wholeNumber(1, 2_147_483_647),
    otherwise: "no limit",
    help: "tasks in processing over all workers, never exceeded; serve writes its own when it starts",
    readers: ["serve", "doctor", "demo", "limit"],
    orderFor: ["limit"],
  },
  unlimited: {
    kind: kinds.flag,
    default: "false",
    help: "remove the global limit",
    readers: ["limit"],
    orderFor: ["limit"],
  },
  "retention.tasks": {
    kind: kinds.span,
    default: "90d",
    help: "ended tasks older than this are removed; counters never fall",
    readers: ["serve", "doctor", "prune"],
  },
  "retention.workers": {
    kind: kinds.span,
    default: "24h",
    help: "a lost worker stays listed for this long",
    readers: ["serve", "doctor", "prune"],
  },
  "audit.interval": {
    kind: kinds.period,
    default: "1h",
    help: "how often the ledgers are recounted against the rows",
    readers: EXPORTER,
  },
  repair: {
    kind: kinds.flag,
    default: "false",
    help: "book what a ledger lacks, after its triggers were bypassed; no counter falls",
    readers: ["audit"],
    orderFor: ["audit"],
  },
  file: {
    kind: kinds.file,
    default: "-",
    help: "where to write the export, or read it; - is standard output or input",
    readers: ["export", "import"],
    orderFor: ["export", "import"],
  },
  "slo.latency": {
    kind: kinds.period,
    default: "60s",
    help: "a completed task is in time when waiting plus processing took at most this",
    readers: SERVICES,
  },
  ...MIGRATE_SETTINGS,
  ...DEMO_SETTINGS,
  "shutdown.grace": {
    kind: kinds.wait,
    default: "30s",
    defaults: { demo: "5s" },
    help: "how long a stopping process lets finish what runs",
    readers: TASK_OWNERS,
  },
  "worker.spool-dir": {
    kind: kinds.directory,
    otherwise: "none",
    help: "where results that the database has not taken outlive their worker",
    readers: ["worker"],
  },
  "log.level": {
    kind: kinds.oneOf("debug", "info", "warn", "error"),
    default: "info",
    help: "least level that is logged, on standard error",
    readers: ALL,
  },
  "log.format": {
    kind: kinds.oneOf("json", "pretty"),
    default: "json",
    help: "one JSON object a line, or lines for people",
    readers: ALL,
  },
} as const satisfies Record<string, Setting>;

/** The settings that a reader has, in the order of the list. */
export function settingsOf(reader: Reader): [string, Setting][] {
  const all: [string, Setting][] = Object.entries(SETTINGS);
  return all.filter(([, setting]) => setting.readers.includes(reader));
}
