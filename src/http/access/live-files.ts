import { readFile, stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { ConfigError } from "../../errors.ts";
import type { Logger } from "../../logger.ts";

const POLL_MS = 1000;

/** Reads a file in UTF-8, and makes it one that a change of is noticed. */
export type ReadFile = (path: string) => Promise<string>;

/** What files say, as they are at the moment. */
export interface Live<T> {
  readonly value: T;
  close(): void;
}

interface LiveFilesOptions<T> {
  /** the setting that names the files, as the user gave it */
  setting: string;
  /** @throws ConfigError, which tells nothing of what is secret in the files */
  load(read: ReadFile): Promise<T>;
  /** gets each value but the first */
  onChange?(value: T): void;
  log: Logger;
  /** ms */
  poll?: number;
}

/**
 * Loads from files, and again when one of them has changed. The contents are compared, not the times, because a mounted
 * secret changes by a link that is swapped, a directory above the file. What does not load leaves the value as it was.
 * @throws ConfigError that names the setting, where it does not load at first
 */
export async function liveFiles<T>(options: LiveFilesOptions<T>): Promise<Live<T>> {
  const { setting, log, poll = POLL_MS, onChange = () => {} } = options;
  const first = await attempt(options);
  if (first.value === undefined) throw new ConfigError(`${setting}: ${first.error}`);
  const over = new AbortController();
  let value = first.value;
  const follow = async () => {
    let latest = first;
    let before = first.contents;
    while (await pause(poll, over.signal)) {
      const now = await contentsOf([...latest.contents.keys()]);
      // Certificate and key are written one after the other: taken only when they stay as they are.
      const settled = isDeepStrictEqual(now, before);
      before = now;
      if (!settled || isDeepStrictEqual(now, latest.contents)) continue;
      latest = await attempt(options);
      if (over.signal.aborted) return;
      if (latest.value === undefined) {
        log.warn(
          { setting, reason: latest.error },
          "the changed file is not valid: its former state stays in force",
        );
      } else {
        value = latest.value;
        onChange(value);
        log.info({ setting }, "loaded the changed file");
      }
    }
  };
  void follow();
  return {
    get value() {
      return value;
    },
    close: () => over.abort(),
  };
}

/** What was read, or why not, by path. */
type Contents = Map<string, string | { code: string | undefined }>;

interface Attempt<T> {
  value: T | undefined;
  error: string | undefined;
  contents: Contents;
}

async function attempt<T>({ load }: LiveFilesOptions<T>): Promise<Attempt<T>> {
  const contents: Contents = new Map();
  const read = async (path: string) => {
    const content = await contentOf(path);
    contents.set(path, content);
    if (typeof content !== "string") throw Object.assign(new Error("cannot be read"), content);
    return content;
  };
  try {
    return { value: await load(read), error: undefined, contents };
  } catch (error) {
    return { value: undefined, error: reason(error), contents };
  }
}

/** Only the messages that we have written ourselves are known to hold no secret. */
function reason(error: unknown): string {
  return error instanceof ConfigError ? error.message : "cannot be loaded";
}

async function contentsOf(paths: readonly string[]): Promise<Contents> {
  const contents: Contents = new Map();
  for (const path of paths) contents.set(path, await contentOf(path));
  return contents;
}

async function contentOf(path: string): Promise<string | { code: string | undefined }> {
  return await readFile(path, "utf8").catch(({ code }: NodeJS.ErrnoException) => ({ code }));
}

/** @returns false when it is over */
async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  return await sleep(ms, true, { signal, ref: false }).catch(() => false);
}

/** The text of a file. @throws ConfigError "<what> cannot be read: …", without the path */
export async function readable(read: ReadFile, path: string, what: string): Promise<string> {
  try {
    return await read(path);
  } catch (error) {
    throw new ConfigError(`${what} cannot be read: ${explain(error)}`, { cause: error });
  }
}

function explain(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EACCES") return "this user may not read it";
  return code ?? "it is no file";
}

/** Says so where other users of this machine may read what is secret. */
export async function warnWhereOpen(path: string, log: Logger): Promise<void> {
  const { mode } = await stat(path);
  if ((mode & 0o004) !== 0) log.warn({ file: path }, "every user of this machine can read this file");
}
