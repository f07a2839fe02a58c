import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { onAbruptEnd } from "../../test/support/abrupt-end.ts";
import type { PartKind } from "../recording/entries.ts";
import type { Recorder } from "../recording/recorder.ts";

export interface ProgramOptions {
  part: string;
  kind: PartKind;
  life: number;
  program: string;
  args: readonly string[];
  env?: Record<string, string>;
}

export interface Program {
  readonly child: ChildProcess;
  /** Whether its end is asked for from now on. */
  want(): void;
  /** Records that it does its work now. */
  ready(): void;
  readonly ended: Promise<void>;
  hasEnded(): boolean;
}

/** Starts a process whose life and lines are recorded; it ends with this one at the latest. */
export function startProgram(recorder: Recorder, options: ProgramOptions): Program {
  const { part, kind, life, program, args, env = {} } = options;
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const forget = onAbruptEnd(() => void child.kill("SIGKILL"));
  let wanted = false;
  let over = false;
  const write = (what: "started" | "ready" | "ended", more: object = {}) =>
    recorder.write({
      type: "process",
      at: recorder.now(),
      part,
      kind,
      life,
      what,
      pid: child.pid ?? 0,
      ...more,
    });
  write("started");
  for (const stream of [child.stdout, child.stderr] as Readable[]) {
    createInterface({ input: stream }).on("line", (line) => {
      recorder.write({ type: "log", at: recorder.now(), part, life, line });
    });
  }
  // A message that does not get through is one to a child whose end is on its way to us.
  child.on("error", () => {});
  const ended = once(child, "exit").then(([code, signal]) => {
    over = true;
    forget();
    write("ended", { how: signal === null ? `exit code ${code}` : String(signal), wanted });
  });
  return {
    child,
    want: () => {
      wanted = true;
    },
    ready: () => write("ready"),
    ended,
    hasEnded: () => over,
  };
}
