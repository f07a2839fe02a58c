import { randomBytes } from "node:crypto";
import pg from "pg";
import { migrate } from "../../src/db/migrate.ts";
import { createPool } from "../../src/db/pool.ts";
import { silentLogger } from "../../src/logger.ts";
import { urlOf } from "../../test/support/database-urls.ts";
import { startTemporaryServer, type TemporaryServer } from "../../test/support/temporary-server.ts";

export interface ScratchDatabase {
  url: string;
  pool: pg.Pool;
}

let server: Promise<TemporaryServer> | undefined;

/** Hands a migrated, empty database to the work; the server is shared, until `stopScratchServer`. */
export async function withScratchDatabase<T>(work: (database: ScratchDatabase) => Promise<T>): Promise<T> {
  server ??= startTemporaryServer({ settings: { fsync: "off" } });
  const running = await server;
  const name = `scratch_${randomBytes(4).toString("hex")}`;
  const admin = new pg.Client({ connectionString: running.url });
  await admin.connect();
  const url = urlOf(running.url, name);
  const pool = createPool({
    url,
    max: 2,
    applicationName: "generate",
    statementTimeout: 10_000,
    log: silentLogger,
  });
  try {
    await admin.query(`create database ${name}`);
    await migrate(url);
    return await work({ url, pool });
  } finally {
    await pool.end();
    await admin.query(`drop database ${name} with (force)`);
    await admin.end();
  }
}

export async function stopScratchServer(): Promise<void> {
  await (await server)?.remove();
  server = undefined;
}
