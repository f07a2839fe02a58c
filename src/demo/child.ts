import { fork } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { OperationError } from "../errors.ts";
import { compiledModule } from "./compiled-module.ts";

export interface ChildOptions {
  /** what the screen and its log call it: `worker-1` */
  name: string;
  /** as `compiledModule` takes it */
  module: string;
  args?: readonly string[];
  /** on top of our own environment */
  environment?: Readonly<Record<string, string>>;
  logDir: string;
}

export interface Child {
  readonly name: string;
  /** how it ended: `exit code 1`, `SIGKILL` */
  readonly ended: Promise<string>;
  /** Rejects with an OperationError where the child ends without one. */
  readonly firstMessage: Promise<unknown>;
  /** Drops the message where the child is gone. */
  send(message: object): void;
  /** SIGTERM, and SIGKILL after the grace; waits for the end. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Starts a module of ours as a process that ends with this one. It has a session of its own, so that the
 * terminal's Ctrl-C reaches the supervisor alone; its output goes to `<logDir>/<name>.log`.
 */
export function startChild({ name, module, args = [], environment, logDir }: ChildOptions): Child {
  const logFile = `${logDir}/${name}.log`;
  const log = openSync(logFile, "a");
  const child = fork(compiledModule(module), args, {
    detached: true,
    env: { ...process.env, ...environment },
    execArgv: ["--import", compiledModule("end-with-parent").href],
    stdio: ["ignore", log, log, "ipc"],
  });
  closeSync(log);
  const ended = once(child, "exit").then(
    ([code, signal]) => (signal ? `${signal}` : `exit code ${code}`),
    (error: Error) => error.message,
  );
  // A message that does not get through is one to a child whose end is on its way to us.
  child.on("error", () => {});
  const firstMessage = Promise.race([
    new Promise((resolve) => child.once("message", resolve)),
    ended.then((how) => {
      throw new OperationError(`${name} did not start (${how}): see ${logFile}`);
    }),
  ]);
  firstMessage.catch(() => {});
  return {
    name,
    ended,
    firstMessage,
    send: (message) => void (child.connected && child.send(message, () => {})),
    async stop(graceMs) {
      child.kill("SIGTERM");
      const impatience = setTimeout(() => child.kill("SIGKILL"), graceMs);
      await ended;
      clearTimeout(impatience);
    },
  };
}
