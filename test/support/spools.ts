import { readFileSync, rmSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, vi } from "vitest";
import { type Finish, parseSpool } from "../../src/worker/finish-record.ts";
import type { Spool } from "../../src/worker/spool.ts";
import { makeFolder } from "./temporary-server.ts";

/** An empty folder for each test. */
export function useSpoolDir(): () => string {
  let dir = "";
  beforeEach(() => {
    dir = makeFolder();
  });
  afterEach(() => {
    vi.restoreAllMocks();
    rmSync(dir, { recursive: true, force: true });
  });
  return () => dir;
}

/** A spool's file in the folder. */
export const fileIn = (folder: string) => join(folder, "w.1.jsonl");

/** What would be replayed of the file. */
export const finishesIn = (file: string) => parseSpool(readFileSync(file, "utf8")).finishes;

/** Waits until the disk has them all. */
export const written = (spool: Spool, finishes: readonly Finish[]) =>
  vi.waitFor(() => expect(finishes.every((finish) => spool.holds(finish))).toBe(true), { timeout: 10_000 });

/** What all open files share, to watch or to fail their calls. @param folder where a file may come and go */
export async function fileHandles(folder: string): Promise<FileHandle> {
  const handle = await open(join(folder, "any"), "w");
  await handle.close();
  rmSync(join(folder, "any"));
  return Object.getPrototypeOf(handle);
}
