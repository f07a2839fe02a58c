import * as kinds from "./kinds.ts";

export const COMMANDS = [
  "serve",
  "migrate",
  "migrate down",
  "doctor",
  "demo",
  "audit",
  "prune",
  "limit",
  "export",
  "import",
] as const;
export type CommandName = (typeof COMMANDS)[number];

/** Who reads settings: a command from flags and environment, a worker (the library) from the environment. */
export type Reader = CommandName | "worker";

export interface Setting {
  kind: kinds.Kind;
  /** as text, in the form that a user would write */
  default?: string;
  /** in place of `default`, for readers that it does not suit */
  defaults?: Partial<Record<Reader, string>>;
  /** what happens without it, where there is no default */
  otherwise?: string;
  /** readers that take it as an order, which is given by flag only and never lies about in the environment */
  orderFor?: readonly Reader[];
  help: string;
  readers: readonly Reader[];
  /** the readers that do not run without it */
  requiredBy?: readonly Reader[];
  /** a further environment variable, weaker than the setting's own */
  alias?: string;
}

const ALL = [...COMMANDS, "worker"] as const;
// The doctor judges what `serve` would do, so it reads all that `serve` reads.
const EXPORTER = ["serve", "doctor"] as const;
const SERVICES = ["serve", "doctor", "demo"] as const;
const TASK_OWNERS = ["serve", "doctor", "demo", "worker"] as const;

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
  "track-app-tables": {
    kind: kinds.flag,
    default: "false",
    help: "install triggers on tts_texts and tts_audios that keep the texts' totals",
    readers: ["migrate"],
  },
  "untrack-app-tables": {
    kind: kinds.flag,
    default: "false",
    help: "remove these triggers",
    readers: ["migrate"],
  },
  force: {
    kind: kinds.flag,
    default: "false",
    help: "remove it even where a worker lives or a task is pending or processing",
    readers: ["migrate down"],
    orderFor: ["migrate down"],
  },
  "grant.reader": {
    kind: kinds.roleName,
    otherwise: "none",
    help: "an existing role to grant what the exporter's scrape and Grafana read",
    readers: ["migrate"],
  },
  "grant.writer": {
    kind: kinds.roleName,
    otherwise: "none",
    help: "an existing role to grant what workers and the API write",
    readers: ["migrate"],
  },
  texts: {
    kind: kinds.directory,
    otherwise: "those that come with the program",
    help: "directory of the texts to speak",
    readers: ["demo"],
  },
  workers: { kind: kinds.wholeNumber(1, 64), default: "4", help: "worker processes", readers: ["demo"] },
  rate: {
    kind: kinds.decimal(0.001, 1000),
    default: "1",
    help: "new texts per second",
    readers: ["demo"],
  },
  "fault.fail": {
    kind: kinds.decimal(0, 1),
    default: "0.05",
    help: "share of tasks whose speech provider answers with an error",
    readers: ["demo"],
  },
  "fault.slow": {
    kind: kinds.decimal(0, 1),
    default: "0.05",
    help: "share of tasks whose speech provider is slow",
    readers: ["demo"],
  },
  "fault.hang": {
    kind: kinds.decimal(0, 1),
    default: "0.01",
    help: "share of tasks whose speech provider never answers",
    readers: ["demo"],
  },
  "fault.crash": {
    kind: kinds.decimal(0, 1),
    default: "0.005",
    help: "share of tasks whose worker dies",
    readers: ["demo"],
  },
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

/** As text, in the form that a user would write. */
export function defaultOf(setting: Setting, reader: Reader): string | undefined {
  return setting.defaults?.[reader] ?? setting.default;
}

export function settingsOf(reader: Reader): [string, Setting][] {
  const all: [string, Setting][] = Object.entries(SETTINGS);
  return all.filter(([, setting]) => setting.readers.includes(reader));
}

/** A setting that is on or off: its flag takes no value, and `--no-…` turns it off. */
export function isSwitch(setting: Setting): boolean {
  return setting.kind.placeholder === "";
}

/** Whether the reader takes the setting from a flag alone. */
export function isOrder(setting: Setting, reader: Reader): boolean {
  return setting.orderFor?.includes(reader) ?? false;
}

/** The environment variables of a setting, the strongest first. */
export function variablesOf(name: string, setting: Setting): string[] {
  const own = `TTS_MONITOR_${name.toUpperCase().replaceAll(/[.-]/g, "_")}`;
  return setting.alias === undefined ? [own] : [own, setting.alias];
}
