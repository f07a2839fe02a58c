import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

interface RunningProcess {
  /** any text that differs between two processes which had the same id one after the other */
  startedAt: string;
  /** program and arguments, joined by spaces */
  command: string;
}

/** The process with this id; undefined when there is none, or only its zombie, or this system does not tell. */
export function findProcess(pid: number): RunningProcess | undefined {
  try {
    return process.platform === "linux" ? fromProc(pid) : fromPs(pid);
  } catch {
    return undefined;
  }
}

/** Names this very process for good: an id alone may be another process's tomorrow. */
export function processKey(pid: number): string {
  return `${pid}-${findProcess(pid)?.startedAt ?? "unknown"}`;
}

/** Whether the process that `processKey` named is still there. */
export function isRunning(key: string): boolean {
  const pid = Number(key.split("-", 1)[0]);
  return findProcess(pid) !== undefined && processKey(pid) === key;
}

/** Slim container images have no `ps`, so Linux is asked directly. */
function fromProc(pid: number): RunningProcess | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The program's name stands in parentheses and may hold any character: count from its end.
  const [state, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const startedAt = rest[18];
  if (state === "Z" || state === "X" || startedAt === undefined) return undefined;
  const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  return { startedAt, command };
}

function fromPs(pid: number): RunningProcess {
  const ask = (column: string) =>
    execFileSync("ps", ["-ww", "-o", `${column}=`, "-p", String(pid)], { encoding: "utf8" }).trim();
  return { startedAt: ask("lstart").replaceAll(/\W+/g, "_"), command: `${ask("command")} ` };
}
