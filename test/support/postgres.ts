import { randomBytes } from "node:crypto";
import { basename } from "node:path";
import pg from "pg";
import { beforeAll, expect, inject } from "vitest";
import { withClient } from "../../src/db/connect.ts";
import { TEMPLATE, urlOf } from "./database-urls.ts";
import { atEndOfFile } from "./end-of-file.ts";
import { eventually } from "./eventually.ts";
import { type PgBouncer, startPgBouncer } from "./pgbouncer.ts";
import { programPath } from "./programs.ts";
import { startTemporaryServer, type TemporaryServer } from "./temporary-server.ts";

/** Whether the program under test reaches its database by way of a pgbouncer. */
export const BEHIND_PGBOUNCER = process.env["TEST_PGBOUNCER"] === "1";

export interface TestDatabaseOptions {
  /** default true: with our schema in it; false: empty */
  migrated?: boolean;
}

export interface TestDatabase {
  /** for the program under test; with TEST_PGBOUNCER=1 by way of a pgbouncer */
  readonly url: string;
  /** PostgreSQL's own */
  readonly directUrl: string;
  /** the test's own connections, as superuser */
  readonly pool: pg.Pool;
  /** Fails, but drops all the same, where others than `pool` are still connected. */
  drop(): Promise<void>;
}

/** A database of the test's own on the run's shared server. */
export async function createTestDatabase({
  migrated = true,
}: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString("hex")}`;
  await onServer(`create database ${name} template ${migrated ? TEMPLATE : "template1"}`);
  const directUrl = urlOf(inject("postgresUrl"), name);
  const bouncer = BEHIND_PGBOUNCER ? await bouncerBefore(directUrl) : undefined;
  const pool = new pg.Pool({
    connectionString: directUrl,
    max: 5,
    application_name: `test pool of ${testFile()}`,
  });
  // A test may end these connections on purpose; without a listener that would end the test's process.
  pool.on("error", () => {});
  return {
    url: bouncer?.url ?? directUrl,
    directUrl,
    pool,
    async drop() {
      await pool.end();
      try {
        await bouncer?.remove();
        await nobodyConnectedTo(name);
      } finally {
        await onServer(`drop database ${name} with (force)`);
      }
    },
  };
}

/** One database for all tests of the file, dropped at its end; the end also proves that no connection was left. */
export function useTestDatabase(options?: TestDatabaseOptions): () => TestDatabase {
  let database: TestDatabase | undefined;
  beforeAll(async () => {
    database = await createTestDatabase(options);
  });
  atEndOfFile(async () => await database?.drop());
  return () => {
    if (!database) throw new Error("the test database exists from beforeAll on");
    return database;
  };
}

type OwnPostgres = TemporaryServer & {
  /** address of a database on this server */
  urlOf(database: string): string;
};

const own = new Set<TemporaryServer>();
atEndOfFile(async () => {
  const left = [...own].map(({ dataDir }) => dataDir);
  for (const server of own) await server.remove();
  expect(left, "servers that the test did not remove").toEqual([]);
});

/** A server that the test may kill, stop and freeze. Durable unless the settings say otherwise. */
export async function startOwnPostgres(settings: Record<string, string> = {}): Promise<OwnPostgres> {
  const server = await startTemporaryServer({ settings });
  own.add(server);
  const { remove } = server;
  return Object.assign(server, {
    urlOf: (database: string) => urlOf(server.url, database),
    async remove() {
      own.delete(server);
      await remove();
    },
  });
}

async function bouncerBefore(url: string): Promise<PgBouncer> {
  const program = programPath("pgbouncer");
  if (program === undefined) throw new Error("TEST_PGBOUNCER=1 needs pgbouncer, which is not installed");
  const bouncer = await startPgBouncer(program, url);
  return {
    ...bouncer,
    async remove() {
      try {
        await eventually(
          "nobody is connected to pgbouncer",
          async () => (await bouncer.clients()).length === 0,
        );
      } finally {
        await bouncer.remove();
      }
    },
  };
}

async function nobodyConnectedTo(name: string): Promise<void> {
  // A closed connection stays listed until its backend has noticed.
  await eventually("nobody is connected to the test's database", async () => {
    const { rows } = await onServer(
      `select application_name, state, left(query, 80) as query from pg_stat_activity
       where datname = '${name}' and backend_type = 'client backend'`,
    );
    if (rows.length > 0) throw new Error(`still connected: ${JSON.stringify(rows)}`);
    return true;
  });
}

function onServer(sql: string): Promise<pg.QueryResult> {
  return withClient(inject("postgresUrl"), "test support", (client) => client.query(sql));
}

function testFile(): string {
  return basename(expect.getState().testPath ?? "a test");
}
