import { createReadStream } from "node:fs";
import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { addAbortSignal, type Readable } from "node:stream";
import { codeOf, reasonOf } from "../domain/thrown.ts";
import { OperationError } from "../errors.ts";
import { syncFolder } from "../sync-folder.ts";

/** In place of a file's name: standard output, or standard input. */
export const STANDARD = "-";

/** Where an export goes. Each call throws OperationError where it cannot be written. */
export interface BackupSink {
  /** Resolves when it is taken, so that what waits to be written does not fill the memory. */
  write(text: string): Promise<void>;
  /** Puts it on disk under its name. */
  finish(): Promise<void>;
  /** Leaves nothing under the name. Safe to call at any time. */
  discard(): Promise<void>;
}

/**
 * A file has its name only when it is complete and synced; until then it is beside it, as `NAME.partial`.
 * @param stop breaks off a write to standard output that nobody reads
 * @throws OperationError
 */
export async function openSink(file: string, stop: AbortSignal): Promise<BackupSink> {
  return file === STANDARD ? standardOutput(stop) : await openFile(file);
}

function standardOutput(stop: AbortSignal): BackupSink {
  return {
    write: (text) =>
      new Promise((resolve, reject) => {
        const giveUp = () => reject(new OperationError("stopped before the export's end"));
        stop.addEventListener("abort", giveUp, { once: true });
        process.stdout.write(text, (error) => {
          stop.removeEventListener("abort", giveUp);
          if (error) reject(unwritable(error));
          else resolve();
        });
      }),
    async finish() {},
    async discard() {},
  };
}

async function openFile(file: string): Promise<BackupSink> {
  const partial = `${file}.partial`;
  const handle = await written(() => create(file, partial));
  let done = false;
  return {
    write: (text) => written(() => handle.appendFile(text)),
    finish: () =>
      written(async () => {
        await handle.sync();
        await handle.close();
        await rename(partial, file);
        done = true;
        await syncFolder(dirname(file));
      }),
    async discard() {
      if (done) return;
      await handle.close().catch(() => {});
      await rm(partial, { force: true });
    },
  };
}

/** Not over one that is there: two exports at a time would be mixed in it. */
async function create(file: string, partial: string): Promise<FileHandle> {
  const there = await stat(file).catch(() => undefined);
  if (there && !there.isFile()) {
    throw new OperationError(`--file is no regular file: write to standard output, and send that there`);
  }
  try {
    return await open(partial, "wx", 0o600);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
    throw new OperationError(
      `${partial} is there: another export writes it, or was killed; remove it where none is running`,
    );
  }
}

async function written<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof OperationError ? error : unwritable(error);
  }
}

function unwritable(error: unknown): OperationError {
  if (codeOf(error) === "EPIPE") return new OperationError("nobody reads the export any more");
  return new OperationError(`the export cannot be written: ${reasonOf(error)}`, { cause: error });
}

/**
 * The bytes of an export.
 * @param stop ends the reading with an error
 * @throws OperationError where it cannot be read
 */
export async function* readSource(file: string, stop: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
  const stream: Readable = file === STANDARD ? process.stdin : createReadStream(file);
  addAbortSignal(stop, stream);
  try {
    yield* stream;
  } catch (error) {
    if (stop.aborted) throw new OperationError("stopped: nothing was imported");
    throw new OperationError(`the export cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}
