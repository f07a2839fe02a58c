import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { every } from "./every.ts";

const FILES_KEPT = 200;
const CLEANING_INTERVAL_MS = 30_000;

/** Removes all but the newest files again and again; returns how to stop. */
export function startCleaning(folder: string): () => void {
  return every(CLEANING_INTERVAL_MS, () => removeOldAudio(folder, FILES_KEPT));
}

/**
 * Removes all but the newest files, so that a demo left running does not fill the disk. Their rows stay, as in a
 * service that moves old audio elsewhere.
 */
async function removeOldAudio(folder: string, keep: number): Promise<void> {
  const names = await readdir(folder);
  const files = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      return { path, time: (await stat(path)).mtimeMs };
    }),
  );
  files.sort((a, b) => b.time - a.time);
  await Promise.all(files.slice(keep).map(({ path }) => rm(path, { force: true })));
}
