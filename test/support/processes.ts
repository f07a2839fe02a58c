import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { expect } from "vitest";
import { onAbruptEnd } from "./abrupt-end.ts";
import { atEndOfFile } from "./end-of-file.ts";
import { eventually } from "./eventually.ts";
import { outputOf } from "./output-of.ts";

interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface TestProcess {
  readonly pid: number;
  readonly exited: Promise<Ended>;
  /** stdout and stderr so far, in the order of arrival */
  output(): string;
  /** Waits for a line that matches, and returns the match. @param from characters of output to leave aside */
  line(pattern: RegExp, withinMs?: number, from?: number): Promise<RegExpExecArray>;
  /** Waits until the address answers with the status, and returns the body. */
  answers(url: string, status?: number, withinMs?: number): Promise<string>;
  /** kill -9 */
  kill(): Promise<Ended>;
  freeze(): void;
  thaw(): void;
  /** SIGTERM, and waits for the end. */
  end(): Promise<Ended>;
  signal(signal: NodeJS.Signals): void;
}

export interface ProcessOptions {
  /** on top of ours without DATABASE_URL and TTS_MONITOR_* */
  env?: Record<string, string>;
  cwd?: string;
  /** run as another user (root only) */
  uid?: number;
  gid?: number;
  /** a process group of its own */
  detached?: boolean;
}

const running = new Map<ChildProcess, string>();
const killAll = () => {
  for (const child of running.keys()) child.kill("SIGKILL");
};
onAbruptEnd(killAll);
atEndOfFile(() => {
  const left = [...running.values()];
  killAll();
  expect(left, "processes that the test left running").toEqual([]);
});

/** The program as users run it: `dist/cli.js`, which the global setup has built. */
export function startCli(args: readonly string[], options?: ProcessOptions): TestProcess {
  return startNode([resolve("dist/cli.js"), ...args], options);
}

/** A Node.js process. */
export function startNode(args: readonly string[], options?: ProcessOptions): TestProcess {
  return startProgram(process.execPath, args, options);
}

/** Any program, by its path; the test's file fails where it outlives the test. */
export function startProgram(
  path: string,
  args: readonly string[],
  options: ProcessOptions = {},
): TestProcess {
  const child = spawn(path, args, {
    ...options,
    env: { ...cleanEnvironment(), ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.set(child, args.join(" "));
  const output = outputOf(child);
  let ended: Ended | undefined;
  // Not "close": a grandchild may hold the pipes longer.
  const exited = once(child, "exit").then(([code, signal]): Ended => {
    running.delete(child);
    ended = { code, signal };
    return ended;
  });
  const wait = <T>(claim: string, condition: () => T | Promise<T>, withinMs?: number) =>
    eventually(
      claim,
      condition,
      withinMs,
      () => ended && `the process ended: ${JSON.stringify(ended)}`,
    ).catch((error: Error) => {
      throw new Error(`${error.message}\noutput of ${args.join(" ")}:\n${output()}`, { cause: error });
    });
  const signalAndWait = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    return await exited;
  };
  return {
    pid: child.pid ?? 0,
    exited,
    output,
    line: (pattern, withinMs, from = 0) =>
      wait(`a line matches ${pattern}`, () => firstMatch(output().slice(from), pattern), withinMs),
    answers: (url, status = 200, withinMs) =>
      wait(`${url} answers ${status}`, () => bodyOf(url, status), withinMs),
    kill: () => signalAndWait("SIGKILL"),
    freeze: () => void child.kill("SIGSTOP"),
    thaw: () => void child.kill("SIGCONT"),
    end: () => signalAndWait("SIGTERM"),
    signal: (signal) => void child.kill(signal),
  };
}

function cleanEnvironment(): NodeJS.ProcessEnv {
  const foreign = ([name]: [string, unknown]) => name === "DATABASE_URL" || name.startsWith("TTS_MONITOR_");
  return Object.fromEntries(Object.entries(process.env).filter((entry) => !foreign(entry)));
}

/** Whole lines only: the last one may still be on its way. */
function firstMatch(output: string, pattern: RegExp): RegExpExecArray | undefined {
  for (const line of output.split("\n").slice(0, -1)) {
    const match = pattern.exec(line);
    if (match) return match;
  }
  return undefined;
}

async function bodyOf(url: string, status: number): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
  const body = await response.text();
  if (response.status !== status) throw new Error(`${response.status}: ${body.slice(0, 200)}`);
  return body;
}
