import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import { constants, createGzip } from "node:zlib";
import type { Entry, Ms } from "./entries.ts";

/** Writes a recording, JSON lines, gzipped. */
export interface Recorder {
  now(): Ms;
  /** ms since 1970 at which `now` was 0 */
  readonly startedAt: number;
  write(entry: Entry): void;
  /** Resolves when all is on disk. */
  close(): Promise<void>;
}

export function createRecorder(file: string): Recorder {
  const zero = performance.now();
  const startedAt = performance.timeOrigin + zero;
  // Quickly rather than small: the run shares its machine with what it watches.
  const lines = createGzip({ level: constants.Z_BEST_SPEED });
  const disk = createWriteStream(file);
  lines.pipe(disk);
  return {
    startedAt,
    now: () => performance.now() - zero,
    write: (entry) => void lines.write(`${JSON.stringify(entry)}\n`),
    async close() {
      lines.end();
      await finished(disk);
    },
  };
}
