import { runner } from "node-pg-migrate";
import type pg from "pg";
import { OperationError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import { trackAppTables, untrackAppTables } from "./app-tables.ts";
import { withClient } from "./connect.ts";
import { grantReader, grantWriter } from "./grants.ts";
import { MIGRATIONS_DIR, readSchema, SCHEMA_VERSION } from "./schema.ts";

export interface MigrateOptions {
  /** install (true) or remove (false) the triggers on the application's tables; left as they are when absent */
  trackAppTables?: boolean;
  /** existing roles to grant to */
  reader?: string | undefined;
  writer?: string | undefined;
  log?: Pick<Logger, "info" | "debug">;
}

export interface MigrateResult {
  /** names of the migrations that ran now */
  applied: string[];
  /** the schema's: above this program's where a newer one has migrated it, and this one works with that */
  version: number;
}

/**
 * Brings the schema `tts_monitor` up to date. Safe to run at any time and from many processes at once: they
 * take turns.
 * @throws OperationError when the schema is newer than this program, or a role or table is missing
 */
export async function migrate(url: string, options: MigrateOptions = {}): Promise<MigrateResult> {
  return withClient(url, "tts-monitor migrate", async (client) => {
    const { applied, version } = await applyMigrations(client);
    for (const name of applied) options.log?.info(`applied migration ${name}`);
    if (options.trackAppTables === true) await trackAppTables(client);
    if (options.trackAppTables === false) await untrackAppTables(client);
    if (options.reader !== undefined) await grantReader(client, options.reader);
    if (options.writer !== undefined) await grantWriter(client, options.writer);
    return { applied, version };
  });
}

async function applyMigrations(client: pg.Client): Promise<MigrateResult> {
  const { state, version } = await readSchema(client);
  if (state === "ahead") return { applied: [], version };
  if (state === "newer") {
    throw new OperationError(
      `the schema is version ${version}, newer than this program knows (${SCHEMA_VERSION}): upgrade it first`,
    );
  }
  const applied = await runner({
    dbClient: client,
    dir: MIGRATIONS_DIR,
    direction: "up",
    migrationsTable: "migrations",
    migrationsSchema: "tts_monitor",
    createMigrationsSchema: true,
    // Processes that start at the same time wait for each other instead of failing.
    advisoryLockMode: "wait",
    logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  });
  return { applied: applied.map(({ name }) => name), version: SCHEMA_VERSION };
}
