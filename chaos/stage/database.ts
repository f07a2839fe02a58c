import pg from "pg";
import { migrate } from "../../src/db/migrate.ts";
import { createAppTables, openAppTables } from "../../src/demo/app-tables.ts";
import { promote, startStandby } from "../../test/support/standby.ts";
import { startTemporaryServer, type TemporaryServer } from "../../test/support/temporary-server.ts";
import type { Recorder } from "../recording/recorder.ts";
import { type Database, type Query, Refused } from "./stage.ts";
import { installWitness } from "./witness.ts";

const ROLE = "chaos_service";
// It has so few connections that it cannot take all: one whose commit no standby confirms stays behind for long.
const APPLICATION = "chaos_application";
const APPLICATION_CONNECTIONS = 8;
const PASSWORD = "secret";
const PATIENCE = 5000;
const SETTINGS = {
  fsync: "off",
  // So few that strangers can hold what is left; the superuser's own keep this run's statements going.
  max_connections: "50",
  superuser_reserved_connections: "8",
};

export interface OwnDatabase extends Database {
  /** as the role of exporters and workers, for their links to go to */
  readonly url: string;
  /** Called with each server that takes another's place. */
  onMove(listener: (url: string) => void): void;
  /** Ends the servers, and removes their data. */
  remove(): Promise<void>;
}

/** A PostgreSQL of the run's own, with the application's tables and ours, and a synchronous standby. */
export async function startDatabase(recorder: Recorder): Promise<OwnDatabase> {
  const server = await startTemporaryServer({ settings: SETTINGS });
  await prepare(server.url);
  const standby = await startStandby(server, { ...SETTINGS, wal_retrieve_retry_interval: "200ms" });
  const listeners: ((url: string) => void)[] = [];
  const lives = followLives(recorder);
  let current: TemporaryServer = server;
  let pools = openPools(current.url);
  lives.began(current);

  const database: OwnDatabase = {
    role: ROLE,
    get url() {
      return urlFor(current.url, ROLE);
    },
    get pid() {
      return current.pid;
    },
    sql: async (text, values = []) => {
      const client = await connected(pools.own);
      return released(client, async () => (await client.query(text, values)).rows);
    },
    transaction: (work) => transact(pools.application, work),
    stranger: () => connectStranger(current.url),
    async stop(mode) {
      lives.want();
      await current.stop(mode);
    },
    async restart() {
      await current.restart();
      lives.began(current);
    },
    async failOver() {
      database.failOver = undefined;
      lives.want();
      await current.stop("immediate");
      await promote(standby);
      current = standby;
      const old = pools;
      pools = openPools(current.url);
      lives.began(current);
      for (const listener of listeners) listener(database.url);
      await closed(old);
    },
    onMove: (listener) => void listeners.push(listener),
    async remove() {
      lives.want();
      await closed(pools);
      await standby.remove();
      await server.remove();
    },
  };
  return database;
}

async function prepare(url: string): Promise<void> {
  const application = openAppTables(url);
  try {
    await createAppTables(application);
    await application.query(`
      create role ${ROLE} login password '${PASSWORD}';
      create role ${APPLICATION} login password '${PASSWORD}' connection limit ${APPLICATION_CONNECTIONS};
      grant select, insert, update, delete on tts_texts, tts_audios to ${APPLICATION};
    `);
    await migrate(url, { trackAppTables: true, writer: ROLE });
    await installWitness(application);
  } finally {
    await application.end();
  }
}

function urlFor(url: string, role: string): string {
  const own = new URL(url);
  own.username = role;
  own.password = PASSWORD;
  return own.href;
}

interface Pools {
  own: pg.Pool;
  application: pg.Pool;
}

function openPools(url: string): Pools {
  return {
    // Writes where the server takes no other's writes, too.
    own: openPool(url, "-c default_transaction_read_only=off"),
    application: openPool(urlFor(url, APPLICATION)),
  };
}

function openPool(url: string, options = ""): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: "chaos",
    max: 4,
    options,
    connectionTimeoutMillis: PATIENCE,
    query_timeout: PATIENCE,
  });
  pool.on("error", () => {});
  // Also a client that is checked out emits an error when its connection breaks between two queries.
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}

async function closed({ own, application }: Pools): Promise<void> {
  await Promise.all([own.end(), application.end()]);
}

/** @throws Refused: nothing was asked for */
function connected(pool: pg.Pool): Promise<pg.PoolClient> {
  return pool.connect().catch((error: Error) => {
    throw new Refused(error.message, { cause: error });
  });
}

async function transact<T>(pool: pg.Pool, work: (query: Query) => Promise<T>): Promise<T> {
  const client = await connected(pool);
  return released(client, async () => {
    await client.query("begin");
    const result = await work(async (text, values = []) => (await client.query(text, values)).rows).catch(
      // Nobody commits what has failed before.
      (error: Error) => {
        throw new Refused(error.message, { cause: error });
      },
    );
    await client.query("commit");
    return result;
  });
}

/** Gives the connection back. One on which something has failed is ended: nobody knows what state it is in. */
async function released<T>(client: pg.PoolClient, work: () => Promise<T>): Promise<T> {
  try {
    const result = await work();
    client.release();
    return result;
  } catch (error) {
    client.release(error as Error);
    throw error;
  }
}

async function connectStranger(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: "chaos stranger" });
  client.on("error", () => {});
  await client.connect();
  return client;
}

function followLives(recorder: Recorder) {
  let life = 0;
  let wanted = false;
  const write = (what: "ready" | "ended", pid: number, number: number, more = {}) =>
    recorder.write({
      type: "process",
      at: recorder.now(),
      part: "postgres",
      kind: "postgres",
      life: number,
      what,
      pid,
      ...more,
    });
  return {
    began(server: TemporaryServer) {
      life++;
      wanted = false;
      const [number, { pid }] = [life, server];
      write("ready", pid, number);
      server.onExit((code) => write("ended", pid, number, { how: `exit code ${code}`, wanted }));
    },
    want() {
      wanted = true;
    },
  };
}
