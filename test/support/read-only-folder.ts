import { spawnSync } from "node:child_process";
import { onAbruptEnd } from "./abrupt-end.ts";

/**
 * Mounts a folder onto itself, so that nobody can write to it, not even root. Returns how to take that back; undefined,
 * with a line that says so, where this user may not mount.
 */
export function mountReadOnly(folder: string): (() => void) | undefined {
  const mount = (...args: string[]) => spawnSync("mount", args).status === 0;
  const unmount = () => void spawnSync("umount", ["-l", folder]);
  if (!mount("--bind", folder, folder)) {
    console.warn("skipped: a read-only file system (this user may not mount one)");
    return undefined;
  }
  const forget = onAbruptEnd(unmount);
  const release = () => {
    forget();
    unmount();
  };
  if (mount("-o", "remount,bind,ro", folder)) return release;
  release();
  throw new Error(`${folder} could not be made read-only`);
}
