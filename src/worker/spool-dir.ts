import { constants } from "node:fs";
import { access, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Slot } from "../db/worker-store.ts";
import { ConfigError } from "../errors.ts";

/** Makes the directory where it is missing. @throws ConfigError where it cannot be used */
export async function prepareSpoolDir(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true });
    await readdir(dir);
    await access(dir, constants.W_OK | constants.X_OK);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? ` (${error.code})` : "";
    throw new ConfigError(
      `the option spoolDir (or TTS_MONITOR_WORKER_SPOOL_DIR) must be a directory to read and write${code}`,
    );
  }
}

/** A process's file. The installation is in its name too, because another database gives the same incarnations. */
export function spoolFile(dir: string, { worker, incarnation }: Slot, installation: string): string {
  return join(dir, `${worker}.${incarnation}.${installation}.jsonl`);
}

export interface LeftSpool {
  file: string;
  /** the process that has left it */
  slot: Slot;
  installation: string;
}

/** What former processes of this worker have left, the oldest first. */
export async function listSpools(dir: string, worker: string): Promise<LeftSpool[]> {
  const left: LeftSpool[] = [];
  for (const name of await readdir(dir)) {
    const parsed = parseName(name, worker);
    if (parsed) left.push({ ...parsed, file: join(dir, name) });
  }
  return left.sort((a, b) => (a.slot.incarnation < b.slot.incarnation ? -1 : 1));
}

/** Removes what processes of this worker were writing anew when they died: nothing but copies. */
export async function removeHalfWritten(dir: string, worker: string): Promise<void> {
  for (const name of await readdir(dir)) {
    const [, target] = /^(.*)\.new$/.exec(name) ?? [];
    if (target !== undefined && parseName(target, worker)) await rm(join(dir, name), { force: true });
  }
}

function parseName(name: string, worker: string): Pick<LeftSpool, "slot" | "installation"> | undefined {
  // A worker's name may hold dots: `w` must not take the files of `w.1`.
  if (!name.startsWith(`${worker}.`)) return undefined;
  const [, incarnation, installation] =
    /^(\d{1,19})\.([0-9a-f-]{36})\.jsonl$/.exec(name.slice(worker.length + 1)) ?? [];
  if (incarnation === undefined || installation === undefined) return undefined;
  return { slot: { worker, incarnation: BigInt(incarnation) }, installation };
}
