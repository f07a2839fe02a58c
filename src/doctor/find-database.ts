import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../config.ts";
import { clusterUrl, readMemory } from "../db/embedded/cluster.ts";
import { findProcess } from "../db/embedded/processes.ts";
import { type Finding, fail, warn } from "./check.ts";

type Whereabouts = { url: string } | { finding: Finding };

/** The database that `serve` would use: the configured one, or the embedded one where it runs. Starts none. */
export function findDatabase({ database, dataDir }: Config<"doctor">): Whereabouts {
  if (database.url !== undefined) return { url: database.url };
  const folder = join(dataDir, "postgres");
  try {
    const { password, port } = readMemory(folder);
    if (port !== undefined && isRunning(folder)) return { url: clusterUrl(password, port) };
    return {
      finding: warn(
        `the embedded one in ${folder} does not run`,
        "`tts-monitor serve` starts it; run this again meanwhile",
      ),
    };
  } catch (error) {
    return { finding: unreadable(folder, (error as NodeJS.ErrnoException).code) };
  }
}

function unreadable(folder: string, code = "not valid JSON"): Finding {
  if (code === "ENOENT") {
    return warn(
      `none is configured, and there is no embedded one in ${folder} yet`,
      "`tts-monitor serve` makes it at its first start; for one of yours set --database.url (or DATABASE_URL)",
    );
  }
  return fail(
    `the embedded one in ${folder} cannot be looked into (${code})`,
    "run this as the user that runs `tts-monitor serve`, or set --data-dir",
  );
}

/** By the server's own lock file, which a killed one leaves behind. */
function isRunning(folder: string): boolean {
  try {
    return (
      findProcess(Number.parseInt(readFileSync(join(folder, "postmaster.pid"), "utf8"), 10)) !== undefined
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}
