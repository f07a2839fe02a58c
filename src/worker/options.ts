import { hostname } from "node:os";
import { resolve } from "node:path";
import { z } from "zod";
import * as kinds from "../config/kinds.ts";
import { loadWorkerSettings } from "../config.ts";
import { hostPort, isScrapeAddress, type ListenAddress, parseListenAddress } from "../domain/address.ts";
import { LONGEST_SPAN, parseDuration } from "../domain/duration.ts";
import { WORKER_NAME, WORKER_NAME_ACCEPTS } from "../domain/worker-name.ts";
import { ConfigError } from "../errors.ts";
import { createLogger, type Logger } from "../logger.ts";

export interface TaskMonitorOptions {
  /** default: TTS_MONITOR_DATABASE_URL, else DATABASE_URL */
  databaseUrl?: string;
  /**
   * where `work` LISTENs for pending tasks, past a pooler in transaction mode; "none": not at all; default:
   * TTS_MONITOR_DATABASE_LISTEN_URL, else the database's URL
   */
  listenUrl?: string;
  /** the slot name: 1 to 64 of A-Z a-z 0-9 _ . - */
  worker: string;
  /** tasks at once; default 1 */
  concurrency?: number;
  /** where this process serves its metrics, such as ":9561"; default: nowhere */
  listen?: string;
  /** TLS and basic auth of `listen`, in exporter-toolkit's format; default: TTS_MONITOR_WEB_CONFIG_FILE, else plain HTTP, open */
  webConfigFile?: string;
  /** host:port by which Prometheus reaches it; default: the host of `listen`, else this machine's name */
  advertiseAddress?: string;
  /** durations in milliseconds or as "40m"; default: the TTS_MONITOR_ variable, else the contract's default */
  taskTimeout?: string | number;
  heartbeatInterval?: string | number;
  heartbeatTimeout?: string | number;
  dedupWindow?: string | number;
  shutdownGrace?: string | number;
  /** where results that the database has not taken outlive this process; default: TTS_MONITOR_WORKER_SPOOL_DIR, else nowhere */
  spoolDir?: string;
  logger?: Logger;
}

/** Durations in milliseconds. */
export interface WorkerSettings {
  databaseUrl: string;
  /** undefined: LISTEN is not wanted */
  listenUrl: string | undefined;
  worker: string;
  concurrency: number;
  listen: ListenAddress | undefined;
  webConfigFile: string | undefined;
  advertiseAddress: string | undefined;
  taskTimeout: number;
  heartbeatInterval: number;
  heartbeatTimeout: number;
  dedupWindow: number;
  shutdownGrace: number;
  spoolDir: string | undefined;
  log: Logger;
}

// What is longer Node.js' timers fire at once.
const LONGEST_TIMER = 2 ** 31 - 1;

const duration = z
  .union([z.number(), kinds.parsedBy(parseDuration)])
  .pipe(z.number().min(0).max(parseDuration(LONGEST_SPAN)));
const timer = duration.pipe(z.number().max(LONGEST_TIMER));
const period = timer.pipe(z.number().min(1));

const ACCEPTS: Record<string, string> = {
  databaseUrl: kinds.databaseUrl.accepts,
  listenUrl: kinds.listenUrl.accepts,
  worker: WORKER_NAME_ACCEPTS,
  concurrency: "a whole number of at least 1",
  listen: 'an address such as ":9561" or "127.0.0.1:9561"',
  advertiseAddress: "host:port that Prometheus can reach",
  webConfigFile: kinds.file.accepts,
  spoolDir: kinds.directory.accepts,
};

const schema = z.strictObject({
  databaseUrl: kinds.databaseUrl.schema.optional(),
  listenUrl: kinds.listenUrl.schema.optional(),
  worker: z.string().regex(WORKER_NAME),
  concurrency: z.int().min(1).default(1),
  listen: kinds.parsedBy(parseListenAddress).optional(),
  webConfigFile: kinds.file.schema.optional(),
  advertiseAddress: z.string().refine(isScrapeAddress).optional(),
  taskTimeout: period.optional(),
  heartbeatInterval: period.optional(),
  heartbeatTimeout: period.optional(),
  dedupWindow: duration.optional(),
  shutdownGrace: timer.optional(),
  spoolDir: kinds.directory.schema.optional(),
});

/**
 * The worker's settings: options beat the environment, which beats the defaults.
 * @throws ConfigError that names the option or the variable
 */
export function resolveOptions({ logger, ...options }: TaskMonitorOptions): WorkerSettings {
  const parsed = schema.safeParse(options);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    if (issue?.code === "unrecognized_keys") throw new ConfigError(`there is no option ${issue.keys[0]}`);
    const name = String(issue?.path[0] ?? "options");
    throw new ConfigError(
      `the option ${name} must be ${ACCEPTS[name] ?? 'a duration such as "40m", or milliseconds'}`,
    );
  }
  const given = parsed.data;
  const environment = loadWorkerSettings(
    process.env,
    given.databaseUrl === undefined ? [] : ["database.url"],
  );
  const databaseUrl = given.databaseUrl ?? environment.database.url;
  if (databaseUrl === undefined) {
    throw new ConfigError("the option databaseUrl (or TTS_MONITOR_DATABASE_URL or DATABASE_URL) is required");
  }
  const settings = {
    databaseUrl,
    listenUrl: kinds.whereToListen(given.listenUrl ?? environment.database.listenUrl, databaseUrl),
    worker: given.worker,
    concurrency: given.concurrency,
    listen: given.listen,
    webConfigFile: absolute(given.webConfigFile ?? environment.web.configFile),
    advertiseAddress: given.advertiseAddress,
    taskTimeout: given.taskTimeout ?? environment.task.timeout,
    heartbeatInterval: given.heartbeatInterval ?? environment.heartbeat.interval,
    heartbeatTimeout: given.heartbeatTimeout ?? environment.heartbeat.timeout,
    dedupWindow: given.dedupWindow ?? environment.dedup.window,
    shutdownGrace: given.shutdownGrace ?? environment.shutdown.grace,
    spoolDir: absolute(given.spoolDir ?? environment.worker.spoolDir),
    log: (logger ?? createLogger(environment.log)).child({ worker: given.worker }),
  };
  if (settings.heartbeatTimeout <= settings.heartbeatInterval) {
    throw new ConfigError("the option heartbeatTimeout must be longer than heartbeatInterval");
  }
  return settings;
}

/** The service may change its working directory later. */
function absolute(path: string | undefined): string | undefined {
  return path === undefined ? undefined : resolve(path);
}

const EVERYWHERE = ["0.0.0.0", "::"];

/** The address that Prometheus is told, with the port that was really bound. */
export function addressToAdvertise(settings: WorkerSettings, port: number): string {
  if (settings.advertiseAddress !== undefined) return settings.advertiseAddress;
  const { host } = settings.listen ?? {};
  const named = host === undefined || EVERYWHERE.includes(host) ? hostname() : host;
  const advertised = hostPort(named, port);
  if (isScrapeAddress(advertised)) return advertised;
  throw new ConfigError(`Prometheus cannot reach ${advertised}: set the option advertiseAddress`);
}
