import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { OperationError } from "../../errors.ts";
import { LOOPBACK } from "./port.ts";
import { findProcess, isRunning } from "./processes.ts";

/**
 * The name of a setting of our own: it carries the key of the process that started the server in the server's own
 * command line, which, unlike a file, cannot be left behind by another one.
 */
export const OWNER_SETTING = "tts_monitor.owner";

interface Postmaster {
  pid: number;
  port: string;
  /** key of the process that started it; undefined: not one of ours */
  owner: string | undefined;
}

const STOP_PATIENCE_MS = 30_000;

/**
 * Makes the data directory free for a new server: ends one whose owner was killed.
 * @throws OperationError where it is in use
 */
export async function clearTheWay(dataDir: string, log: (line: string) => void): Promise<void> {
  refuseIfInUse(dataDir);
  const orphan = findPostmaster(dataDir);
  if (!orphan) return;
  log(`stopping the server that process ${orphan.owner} left behind: process ${orphan.pid}`);
  process.kill(orphan.pid, "SIGINT");
  const deadline = performance.now() + STOP_PATIENCE_MS;
  while (findProcess(orphan.pid)) {
    if (performance.now() > deadline) {
      throw new OperationError(
        `the embedded database in ${dataDir} does not stop: end process ${orphan.pid}`,
      );
    }
    await sleep(50);
  }
}

/** @throws OperationError where a server with a living owner, or one that is not ours, works in the directory */
export function refuseIfInUse(dataDir: string): void {
  const other = findPostmaster(dataDir);
  if (!other || (other.owner && !isRunning(other.owner))) return;
  const user = other.owner?.split("-", 1)[0] ?? other.pid;
  throw new OperationError(
    `the embedded database in ${dataDir} is already in use by process ${user}; ` +
      `end it, or set DATABASE_URL to its address: postgres://${LOOPBACK}:${other.port}/tts_monitor`,
  );
}

/** The server that works in this directory. Removes the lock file of one that is gone. */
function findPostmaster(dataDir: string): Postmaster | undefined {
  const file = join(dataDir, "postmaster.pid");
  const [id = "", directory, , port = ""] = readLines(file);
  const pid = Number(id);
  const found = pid > 0 ? findProcess(pid) : undefined;
  if (found?.command.includes(` -D ${directory} `)) {
    return { pid, port, owner: new RegExp(`${OWNER_SETTING}=(\\S+)`).exec(found.command)?.[1] };
  }
  // PostgreSQL would take a stranger with its id, even its own zombie, for a server, and refuse to start.
  // Where this system does not even tell of ourselves, it knows better than we do.
  if (pid > 0 && findProcess(process.pid)) rmSync(file, { force: true });
  return undefined;
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, "utf8").split("\n");
  } catch {
    return [];
  }
}
