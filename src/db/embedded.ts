import { resolve } from "node:path";
import { chooseAccount } from "./embedded/account.ts";
import { type Binaries, findBinaries } from "./embedded/binaries.ts";
import { clusterUrl, DATABASE, ensureCluster, remember } from "./embedded/cluster.ts";
import { choosePort, LOOPBACK } from "./embedded/port.ts";
import { clearTheWay, OWNER_SETTING, refuseIfInUse } from "./embedded/postmaster.ts";
import { processKey } from "./embedded/processes.ts";
import { asSuperuser, superviseServer, untilReady } from "./embedded/server.ts";

export interface EmbeddedOptions {
  /** where the data live; made at the first start */
  dataDir: string;
  /** default: the port of the last start where it is free, else any free one */
  port?: number;
  /** gets each line of the server's log */
  log: (line: string) => void;
  /** settings of PostgreSQL on top of ours */
  settings?: Record<string, string>;
  /** default: those of the npm package */
  binaries?: Binaries;
}

export interface EmbeddedPostgres {
  /** address of the database `tts_monitor`, with its password */
  readonly url: string;
  readonly port: number;
  readonly dataDir: string;
  readonly pid: number;
  /** Ends the server and waits for its end; may be called again. `immediate` skips the final checkpoint. */
  stop(mode?: "fast" | "immediate"): Promise<void>;
  /** Calls back when the server has ended, also where it has already. */
  onExit(listener: (code: number | null) => void): void;
}

const SETTINGS: Record<string, string> = {
  listen_addresses: LOOPBACK,
  unix_socket_directories: "",
  max_connections: "100",
  shared_buffers: "64MB",
  // Parallel workers talk through /dev/shm, of which a container has 64 MB; without them it stays all but empty.
  max_parallel_workers_per_gather: "0",
  max_parallel_maintenance_workers: "0",
  log_checkpoints: "off",
};

/**
 * Starts a PostgreSQL server of our own for this process, and makes its data directory and database at first.
 * @throws OperationError, whose message names what to mend
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const { log } = options;
  const dataDir = resolve(options.dataDir);
  const binaries = options.binaries ?? (await findBinaries());
  const account = chooseAccount(dataDir, binaries.postgres);
  const settings = { ...SETTINGS, ...options.settings };

  const memory = await ensureCluster({
    dataDir,
    initdb: binaries.initdb,
    account,
    sync: settings["fsync"] !== "off",
  });
  await clearTheWay(dataDir, log);
  const port = await choosePort(options.port, memory.port);
  settings[OWNER_SETTING] = processKey(process.pid);
  const args = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  // A process group of its own: the terminal's Ctrl-C must reach us first, and the server last.
  const child = account.launch(binaries.postgres, ["-D", dataDir, "-p", String(port), ...args], {
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const server = superviseServer(child, log);
  const address = { port, password: memory.password };
  try {
    await untilReady(server, address);
    await asSuperuser(address, "postgres", async (client) => {
      const { rowCount } = await client.query("select from pg_database where datname = $1", [DATABASE]);
      if (rowCount === 0) await client.query(`create database ${DATABASE}`);
    });
    if (port !== memory.port) remember(dataDir, account, { ...memory, port });
  } catch (error) {
    await server.stop("fast");
    refuseIfInUse(dataDir);
    throw error;
  }
  return {
    url: clusterUrl(memory.password, port),
    port,
    dataDir,
    pid: server.pid,
    stop: (mode = "fast") => server.stop(mode),
    onExit: (listener) => void server.exited.then(listener),
  };
}
