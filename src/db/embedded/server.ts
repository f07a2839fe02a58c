import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { inTime } from "../../domain/in-time.ts";
import { OperationError } from "../../errors.ts";
import { LOOPBACK } from "./port.ts";

export interface RunningServer {
  readonly pid: number;
  /** resolves with the exit code, null after a signal */
  readonly exited: Promise<number | null>;
  /** the last lines of its log, oldest first */
  lastLines(): string[];
  stop(mode: "fast" | "immediate"): Promise<void>;
}

export interface Address {
  port: number;
  password: string;
}

const LINES_KEPT = 5;
/** Recovery after a crash takes its time. */
const START_PATIENCE_MS = 120_000;
const WRONG_PASSWORD = "28P01";
/** A stranger who holds our port may be the one who refuses: then our own server ends, a little later. */
const REFUSALS_BORNE = 30;
/** What to send, and how long to wait for it before the next: ever less politely. */
const STOP_STEPS = [
  ["SIGINT", 20_000],
  ["SIGQUIT", 10_000],
  ["SIGKILL", 5_000],
] as const;

/** Follows a `postgres` child from its spawn to its end; ends it with this process at the latest. */
export function superviseServer(child: ChildProcess, log: (line: string) => void): RunningServer {
  const lines: string[] = [];
  createInterface({ input: child.stderr as Readable }).on("line", (line) => {
    lines.push(line);
    if (lines.length > LINES_KEPT) lines.shift();
    log(line);
  });
  const endWithUs = () => child.kill("SIGINT");
  process.once("exit", endWithUs);
  const exited = once(child, "close").then(
    ([code]: (number | null)[]) => code ?? null,
    (error: Error) => {
      lines.push(error.message);
      return null;
    },
  );
  void exited.then(() => process.off("exit", endWithUs));
  return {
    pid: child.pid ?? 0,
    exited,
    lastLines: () => lines,
    async stop(mode) {
      const steps = mode === "fast" ? STOP_STEPS : STOP_STEPS.slice(1);
      for (const [signal, patience] of steps) {
        child.kill(signal);
        const hasEnded = exited.then(() => true);
        if (await inTime(hasEnded, patience, () => false)) return;
      }
    },
  };
}

/** Waits until the server answers. @throws OperationError with its last words where it ends instead */
export async function untilReady(server: RunningServer, address: Address): Promise<void> {
  const fate = { ended: false };
  void server.exited.then(() => {
    fate.ended = true;
  });
  const deadline = performance.now() + START_PATIENCE_MS;
  for (let refusals = 0; ; ) {
    const error = await asSuperuser(address, "postgres", async () => undefined).catch(
      (reason: Error & { code?: string }) => reason,
    );
    if (fate.ended) {
      throw new OperationError(`the embedded database did not start: ${server.lastLines().join(" / ")}`);
    }
    if (!error) return;
    if (error.code === WRONG_PASSWORD) refusals += 1;
    if (refusals > REFUSALS_BORNE || performance.now() > deadline) {
      throw new OperationError(`the embedded database does not let us in: ${error.message}`);
    }
    await sleep(30);
  }
}

/** Runs the work on a connection as the cluster's superuser, which the address has the password of. */
export async function asSuperuser<T>(
  { port, password }: Address,
  database: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    host: LOOPBACK,
    port,
    user: "postgres",
    password,
    database,
    ssl: false,
    application_name: "tts-monitor embedded",
    connectionTimeoutMillis: 5_000,
    query_timeout: 30_000,
  });
  // A lost connection shows in the pending query; without a listener it would end this process.
  client.on("error", () => {});
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}
