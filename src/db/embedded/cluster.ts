import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { OperationError } from "../../errors.ts";
import type { Account } from "./account.ts";
import { LOOPBACK } from "./port.ts";
import { isRunning, processKey } from "./processes.ts";

/** What we must remember of a data directory. It lies inside, so the two can never part. */
export interface Memory {
  password: string;
  port?: number;
}

export interface NewCluster {
  dataDir: string;
  initdb: string;
  account: Account;
  /** whether to wait for the disk */
  sync: boolean;
}

const MEMORY = "tts-monitor.json";
export const DATABASE = "tts_monitor";

/** Makes the data directory unless it is there. */
export async function ensureCluster(cluster: NewCluster): Promise<Memory> {
  const { dataDir } = cluster;
  if (!isComplete(dataDir)) {
    if (existsSync(dataDir) && readdirSync(dataDir).length > 0) {
      throw new OperationError(
        `${dataDir} is no embedded database of tts-monitor and not empty either; move it away`,
      );
    }
    await createCluster(cluster).catch((error: Error) => {
      if (isComplete(dataDir)) return;
      throw new OperationError(`the embedded database in ${dataDir} cannot be made: ${error.message}`);
    });
  }
  cluster.account.own(dataDir);
  return readMemory(dataDir);
}

/** @throws Error of the file system, or SyntaxError */
export function readMemory(dataDir: string): Memory {
  return JSON.parse(readFileSync(join(dataDir, MEMORY), "utf8"));
}

/** The address of our database in a cluster that listens there, with its password. */
export function clusterUrl(password: string, port: number): string {
  return `postgres://postgres:${password}@${LOOPBACK}:${port}/${DATABASE}`;
}

function isComplete(dataDir: string): boolean {
  return existsSync(join(dataDir, MEMORY));
}

/** Replaces what is remembered of the data directory; whoever reads it meanwhile finds the one or the other. */
export function remember(dataDir: string, account: Account, memory: Memory): void {
  const file = join(dataDir, MEMORY);
  writeFileSync(`${file}.new`, JSON.stringify(memory), { mode: 0o600, flush: true });
  account.own(`${file}.new`);
  renameSync(`${file}.new`, file);
}

/** A start that is killed on the way leaves only a sibling behind: the data directory appears whole or not at all. */
async function createCluster({ dataDir, initdb, account, sync }: NewCluster): Promise<void> {
  const parent = dirname(dataDir);
  mkdirSync(parent, { recursive: true });
  const prefix = `${basename(dataDir)}.initdb-`;
  for (const name of readdirSync(parent)) {
    if (name.startsWith(prefix) && !isRunning(name.slice(prefix.length))) discard(join(parent, name));
  }
  const workshop = join(parent, prefix + processKey(process.pid));
  mkdirSync(workshop, { mode: 0o700 });
  account.own(workshop);
  try {
    const unfinished = join(workshop, "data");
    const password = randomBytes(24).toString("base64url");
    const passwordFile = join(workshop, "password");
    writeFileSync(passwordFile, password, { mode: 0o600 });
    account.own(passwordFile);
    await runInitdb(account, initdb, [
      `--pgdata=${unfinished}`,
      "--username=postgres",
      `--pwfile=${passwordFile}`,
      "--auth=scram-sha-256",
      "--encoding=UTF8",
      "--locale=C",
      ...(sync ? [] : ["--no-sync"]),
    ]);
    remember(unfinished, account, { password });
    // Only an empty one gives way: another process may have made the directory meanwhile.
    if (existsSync(dataDir)) rmdirSync(dataDir);
    renameSync(unfinished, dataDir);
  } finally {
    discard(workshop);
  }
}

async function runInitdb(account: Account, initdb: string, args: string[]): Promise<void> {
  const child = account.launch(initdb, args, { stdio: ["ignore", "ignore", "pipe"] });
  const complaint = text(child.stderr as Readable);
  const [code] = await once(child, "close");
  if (code === 0) return;
  throw new Error(`initdb failed: ${(await complaint).trim().replaceAll(/\s*\n\s*/g, " / ")}`);
}

function discard(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 3 });
}
