import pg from "pg";
import { migrate } from "../../src/db/migrate.ts";
import { startTemporaryServer, type TemporaryServer } from "../../test/support/temporary-server.ts";

// What a small server of its own would be given. Durable, as delivered: fsync and synchronous commit are on.
const SETTINGS = {
  shared_buffers: "1GB",
  max_connections: "200",
  max_wal_size: "8GB",
  checkpoint_timeout: "15min",
  // Whoever reads all rows may do so with all cores.
  max_parallel_workers_per_gather: "2",
  max_parallel_maintenance_workers: "2",
  shared_preload_libraries: "pg_stat_statements",
};

export interface BenchDatabase {
  url: string;
  pool: pg.Pool;
  server: TemporaryServer;
  /** Ends the server, and removes its data. */
  remove(): Promise<void>;
}

/** A PostgreSQL of the benchmark's own, migrated; TEST_POSTGRES_BIN names another one than the embedded. */
export async function startDatabase(settings: Record<string, string> = {}): Promise<BenchDatabase> {
  const server = await startTemporaryServer({ settings: { ...SETTINGS, ...settings } });
  await migrate(server.url);
  const pool = new pg.Pool({ connectionString: server.url, max: 4 });
  pool.on("error", () => {});
  await pool.query("create extension pg_stat_statements");
  return {
    url: server.url,
    pool,
    server,
    async remove() {
      await pool.end();
      await server.remove();
    },
  };
}
