import { readFileSync } from "node:fs";
import type { BenchProcess } from "./process.ts";

/** Flags of Node.js for a process that `createProbe` shall be able to ask. */
export const PROBED = ["--expose-gc", `--import=${new URL("./memory-probe.js", import.meta.url).href}`];

/** What is left after a full garbage collection, in bytes. */
export interface Memory {
  rss: number;
  heapUsed: number;
  /** of objects outside the heap, buffers among them */
  external: number;
}

/** Collects all of the process's garbage, which takes most of a second; one call at a time. */
export function createProbe({ pid, says }: Pick<BenchProcess, "pid" | "says">): () => Promise<Memory> {
  let times = 0;
  return async () => {
    times++;
    process.kill(pid, "SIGUSR2");
    const [, memory = ""] = await says(new RegExp(`^memory ${times}: (.*)$`, "m"));
    return JSON.parse(memory) as Memory;
  };
}

/** What lives on: the heap, and what hangs on it outside. @returns bytes */
export function living({ heapUsed, external }: Memory): number {
  return heapUsed + external;
}

/** Resident memory as the kernel counts it, nothing collected before. @returns bytes: now, and the highest ever */
export function residentMemory(pid: number): { now: number; highest: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) * 1024;
  return { now: bytes("VmRSS"), highest: bytes("VmHWM") };
}
