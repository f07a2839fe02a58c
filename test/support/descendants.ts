import { spawnSync } from "node:child_process";

export interface Descendant {
  pid: number;
  command: string;
}

/** Ids of a demo's workers. */
export function demosWorkers(pid: number): number[] {
  return descendants(pid).flatMap((one) => (one.command.includes("worker-main") ? [one.pid] : []));
}

/** The processes below this one, with their command lines. */
export function descendants(pid: number): Descendant[] {
  const { stdout } = spawnSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8" });
  const all = stdout.split("\n").flatMap((line) => {
    const [, child, parent, command = ""] = /^ *(\d+) +(\d+) (.*)$/.exec(line) ?? [];
    return child ? [{ pid: Number(child), parent: Number(parent), command }] : [];
  });
  const below = (parent: number): typeof all =>
    all.filter((one) => one.parent === parent).flatMap((one) => [one, ...below(one.pid)]);
  return below(pid).filter(({ command }) => !command.startsWith("ps "));
}
