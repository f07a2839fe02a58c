import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Debian's libfaketime, in the folder of the machine's architecture; undefined where it is not installed. */
function findLibrary(name: string): string | undefined {
  return readdirSync("/usr/lib")
    .map((folder) => join("/usr/lib", folder, "faketime", name))
    .find((path) => existsSync(path));
}

/** For programs of one thread, and for those of several. */
export const FAKETIME = findLibrary("libfaketime.so.1");
export const FAKETIME_OF_THREADS = findLibrary("libfaketimeMT.so.1");

export interface Clock {
  env: Record<string, string>;
  /** @param offset as libfaketime writes it: `+0`, `+3650d`, `-1h` */
  set(offset: string): void;
}

/** A clock that may be set while its process runs. @param library `FAKETIME_OF_THREADS` */
export function createClock(library: string, file: string): Clock {
  const set = (offset: string) => writeFileSync(file, offset);
  set("+0");
  return {
    env: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    },
    set,
  };
}
