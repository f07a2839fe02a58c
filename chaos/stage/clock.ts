import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

// Debian's faketime keeps it in the folder of the machine's architecture.
const LIBRARY = readdirSync("/usr/lib")
  .map((folder) => join("/usr/lib", folder, "faketime/libfaketimeMT.so.1"))
  .find((path) => existsSync(path));

export interface Clock {
  env: Record<string, string>;
  /** @param offset as libfaketime writes it: `+0`, `+3650d`, `-1h` */
  set(offset: string): void;
}

/** A clock that may be set while its process runs; undefined where libfaketime is not installed. */
export function createClock(file: string): Clock | undefined {
  if (LIBRARY === undefined) {
    console.warn("skipped: steps of a clock (libfaketime is not installed)");
    return undefined;
  }
  const set = (offset: string) => writeFileSync(file, offset);
  set("+0");
  return {
    env: {
      LD_PRELOAD: LIBRARY,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    },
    set,
  };
}
