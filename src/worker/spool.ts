import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { reasonOf } from "../domain/thrown.ts";
import type { Logger } from "../logger.ts";
import { syncFolder } from "../sync-folder.ts";
import { type Finish, lineOf } from "./finish-record.ts";

/** The finishes that wait for the database, on disk: they outlive this process, killed or not. */
export interface Spool {
  /** Writes a finish and syncs it, with whatever else waits. What the disk does not take is tried again. */
  keep(finish: Finish): void;
  /** Forgets a finish; the file goes with the last one. */
  release(finish: Finish): void;
  /** Tries again what the disk has not taken. */
  retry(): void;
  /** Whether it is on disk, synced. */
  holds(finish: Finish): boolean;
  /** Resolves when it has written what the disk takes. Never rejects. */
  close(): Promise<void>;
}

// Lines of released finishes that may stay in the file, on top of as many as are still kept.
const SLACK = 1000;

/** @param file made at the first finish; there is none while nothing waits */
export function createSpool(file: string, log: Logger): Spool {
  const kept = new Set<Finish>();
  const unwritten = new Set<Finish>();
  let written: { handle: FileHandle; size: number; lines: number } | undefined;
  let [busy, failing] = [false, false];
  let work = Promise.resolve();

  function wake(): void {
    if (!busy) work = run();
  }

  async function run(): Promise<void> {
    busy = true;
    try {
      while (kept.size > 0 ? unwritten.size > 0 : written) await step();
      if (failing) log.info({ file }, "the spool can be written again");
      failing = false;
    } catch (error) {
      const waiting = { file, reason: reasonOf(error), results: unwritten.size };
      if (!failing) log.error(waiting, "the spool cannot be written: these results are in memory only");
      failing = true;
    }
    busy = false;
  }

  async function step(): Promise<void> {
    if (kept.size === 0) return remove();
    if (!written || written.lines > 2 * kept.size + SLACK) return rewrite();
    // A newer process of this name has read the file, and removed it.
    const { nlink } = await written.handle.stat();
    await (nlink === 0 ? rewrite() : append(written));
  }

  /** The whole file anew: whoever reads it finds the one from before or this one, never half. */
  async function rewrite(): Promise<void> {
    const all = [...kept];
    const text = all.map(lineOf).join("");
    const handle = await replaceFile(file, text);
    await forget();
    written = { handle, size: Buffer.byteLength(text), lines: all.length };
    for (const finish of all) unwritten.delete(finish);
  }

  async function append(to: NonNullable<typeof written>): Promise<void> {
    const group = [...unwritten];
    const text = group.map(lineOf).join("");
    try {
      await to.handle.appendFile(text);
      await to.handle.datasync();
    } catch (error) {
      await to.handle.truncate(to.size).catch(forget);
      throw error;
    }
    to.size += Buffer.byteLength(text);
    to.lines += group.length;
    for (const finish of group) unwritten.delete(finish);
  }

  /** Whatever comes next is written to a file of its own. */
  async function forget(): Promise<void> {
    await written?.handle.close().catch(() => {});
    written = undefined;
  }

  async function remove(): Promise<void> {
    await rm(file, { force: true });
    await forget();
  }

  return {
    keep(finish) {
      kept.add(finish);
      unwritten.add(finish);
      wake();
    },
    release(finish) {
      kept.delete(finish);
      unwritten.delete(finish);
      if (kept.size === 0) wake();
    },
    retry: wake,
    holds: (finish) => kept.has(finish) && !unwritten.has(finish),
    async close() {
      wake();
      await work;
      await forget();
    },
  };
}

/** @returns the file, open for appending; on an error the one from before is as it was */
async function replaceFile(file: string, text: string): Promise<FileHandle> {
  const next = `${file}.new`;
  await rm(next, { force: true });
  const handle = await open(next, "ax", 0o600);
  try {
    await handle.appendFile(text);
    await handle.sync();
    await rename(next, file);
    await syncFolder(dirname(file));
    return handle;
  } catch (error) {
    await handle.close().catch(() => {});
    await rm(next, { force: true }).catch(() => {});
    throw error;
  }
}
