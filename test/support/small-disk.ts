import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { onAbruptEnd } from "./abrupt-end.ts";

export interface SmallDisk {
  fill(): void;
  makeRoom(): void;
  unmount(): void;
}

/** A disk of 64 KiB in an empty folder; undefined, with a line that says so, where this user may not mount one. */
export function mountSmallDisk(folder: string): SmallDisk | undefined {
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]);
  if (status !== 0) {
    console.warn("skipped: a full disk (this user may not mount a small one)");
    return undefined;
  }
  // Lazily: where a test has failed, a file in it may still be open.
  const unmount = () => void spawnSync("umount", ["-l", folder]);
  const forget = onAbruptEnd(unmount);
  const ballast = join(folder, "ballast");
  return {
    fill: () => void spawnSync("dd", ["if=/dev/zero", `of=${ballast}`, "bs=1k"]),
    makeRoom: () => rmSync(ballast),
    unmount() {
      forget();
      unmount();
    },
  };
}
