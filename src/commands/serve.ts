import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Config } from "../config.ts";
import { startEmbedded } from "../db/embedded.ts";
import { migrate } from "../db/migrate.ts";
import { writeSharedSettings } from "../db/settings-store.ts";
import { onAbort } from "../domain/abort.ts";
import { reasonOf } from "../domain/thrown.ts";
import { createExporter, type Exporter } from "../exporter.ts";
import { openAccess } from "../http/access/access.ts";
import { listen } from "../http/server.ts";
import type { Logger } from "../logger.ts";
import type { Command, CommandIo } from "./command.ts";

const RETRY = 2000;

export const serveCommand: Command<"serve"> = {
  name: "serve",
  summary: "the exporter: metrics, service discovery, the old API; ends overdue tasks",
  run: serve,
};

async function serve(config: Config<"serve">, io: CommandIo): Promise<number> {
  const stop = io.stopSignal();
  const releases: (() => Promise<void>)[] = [];
  try {
    const access = await openAccess(
      {
        configFile: config.web.configFile,
        tokenFile: config.api.tokenFile,
        corsOrigins: config.web.corsOrigins,
      },
      io.log,
    );
    releases.push(async () => access.close());
    const database = await chooseDatabase(config, io);
    releases.push(database.stop);
    const exporter = createExporter(database.url, config, io.log, access);
    releases.push(exporter.close);
    const server = await listen(exporter.app, config.web.listenAddress, {
      tls: access.tls,
      streams: config.sse.maxClients,
    });
    releases.push(server.close);
    io.log.info({ address: server.address, port: server.port }, "listening");
    const prepared = prepare(database, config, exporter, io.log, stop);
    releases.push(exporter.scheduler.stop, () => prepared);
    await new Promise<void>((resolve) => onAbort(stop, resolve));
    io.log.info("shutting down");
    exporter.drain();
    return 0;
  } finally {
    for (const release of releases.reverse()) await release();
  }
}

interface Database {
  url: string;
  /** whether to bring the schema up to date */
  migrate: boolean;
  stop(): Promise<void>;
}

async function chooseDatabase(config: Config<"serve">, { print, log }: CommandIo): Promise<Database> {
  const { url } = config.database;
  if (url !== undefined) return { url, migrate: config.database.migrate, stop: async () => {} };
  const embedded = await startEmbedded({
    dataDir: join(config.dataDir, "postgres"),
    log: (line) => log.debug({ postgres: line }, "embedded PostgreSQL"),
  });
  print(
    `no database is configured: using an embedded PostgreSQL in ${embedded.dataDir} (port ${embedded.port})`,
  );
  return { url: embedded.url, migrate: true, stop: () => embedded.stop() };
}

/** As soon as the database lets us: the schema brought up to date where asked, the shared settings, the jobs. */
async function prepare(
  database: Database,
  config: Config<"serve">,
  exporter: Exporter,
  log: Logger,
  stop: AbortSignal,
): Promise<void> {
  let warned = false;
  while (!stop.aborted) {
    try {
      if (database.migrate) await migrate(database.url, { log });
      await writeSharedSettings(exporter.workPool, {
        concurrencyGlobal: config.concurrency.global ?? null,
        sloLatency: config.slo.latency,
      });
      exporter.scheduler.start();
      log.info("the database is ready");
      return;
    } catch (error) {
      if (!warned) log.warn({ reason: reasonOf(error) }, "the database is not ready yet");
      warned = true;
      await sleep(RETRY, undefined, { signal: stop }).catch(() => {});
    }
  }
}
