import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { findProcess } from "../../src/db/embedded/processes.ts";
import { type EmbeddedOptions, type EmbeddedPostgres, startEmbedded } from "../../src/db/embedded.ts";
import { onAbruptEnd } from "./abrupt-end.ts";

export type TemporaryServer = EmbeddedPostgres & {
  /** every line of its log so far */
  log(): readonly string[];
  /** Starts it again, on the same port, after it was stopped. */
  restart(): Promise<void>;
  /** Ends the server, frozen or not, and removes its data. */
  remove(): Promise<void>;
};

interface TemporaryOptions extends Partial<EmbeddedOptions> {
  /** puts the data there first, in place of new ones */
  prepare?: (dataDir: string) => Promise<void>;
}

/** A PostgreSQL with its data in a temporary folder. */
export async function startTemporaryServer({
  prepare,
  ...options
}: TemporaryOptions = {}): Promise<TemporaryServer> {
  const folder = makeFolder();
  const lines: string[] = [];
  const log = (line: string) => void lines.push(line);
  const removeFolder = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  const defaults = { dataDir: join(folder, "postgres"), log, ...testBinaries() };
  const start = async () => {
    await prepare?.(defaults.dataDir);
    return startEmbedded({ ...defaults, ...options });
  };
  let server = await start().catch((error: Error) => {
    removeFolder();
    throw error;
  });
  const forgetAtEnd = () => {
    const { pid } = server;
    const forget = onAbruptEnd(() => {
      process.kill(pid, "SIGQUIT");
      removeFolder();
    });
    // Its process id may be another process's soon.
    server.onExit(forget);
  };
  forgetAtEnd();
  return {
    url: server.url,
    port: server.port,
    dataDir: server.dataDir,
    get pid() {
      return server.pid;
    },
    stop: (mode) => server.stop(mode),
    onExit: (listener) => server.onExit(listener),
    log: () => lines,
    async restart() {
      server = await startEmbedded({ ...defaults, ...options, port: server.port });
      forgetAtEnd();
    },
    async remove() {
      if (isThere(server.pid)) process.kill(server.pid, "SIGCONT");
      await server.stop("immediate");
      removeFolder();
    },
  };
}

/** A temporary folder that PostgreSQL may enter as whatever user it runs; `mkdtemp` alone lets nobody else in. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "tts-monitor-test-"));
  chmodSync(folder, 0o711);
  return folder;
}

/** TEST_POSTGRES_BIN=/usr/lib/postgresql/15/bin runs every test on that PostgreSQL instead of the npm package's. */
export function testBinaries(): Pick<EmbeddedOptions, "binaries"> {
  const folder = process.env["TEST_POSTGRES_BIN"];
  if (!folder) return {};
  return { binaries: { initdb: resolve(folder, "initdb"), postgres: resolve(folder, "postgres") } };
}

/** Whether the process is there, and not only its zombie: that of an orphan may stay for a while. */
export function isThere(pid: number): boolean {
  return findProcess(pid) !== undefined;
}
