import { resolve } from "node:path";
import { expectInvariants, expectNoFall, type Line, parseExposition } from "./exposition.ts";
import { startCli, startNode, type TestProcess } from "./processes.ts";
import type { Plan } from "./worker-process.ts";

export interface ServeProcess {
  process: TestProcess;
  url: string;
  scrape(): Promise<Line[]>;
  /** The parsed body; fails where the status is another one. */
  json(path: string, status?: number): Promise<unknown>;
}

/** `tts-monitor serve` on a free port, once it listens. */
export async function startServe(databaseUrl: string, ...flags: string[]): Promise<ServeProcess> {
  const listen = ["--web.listen-address=127.0.0.1:0", `--database.url=${databaseUrl}`];
  return listening(startCli(["serve", ...listen, ...flags]));
}

/**
 * Scrapes again and again until the signal: the contract's invariants hold in each scrape, and no counter falls.
 * @param look at each scrape, before the next
 */
export async function watchScrapes(
  { scrape }: ServeProcess,
  until: AbortSignal,
  look: (lines: Line[]) => void | Promise<void>,
): Promise<void> {
  let before: Line[] = [];
  do {
    const now = await scrape();
    expectInvariants(now);
    expectNoFall(before, now);
    await look(now);
    before = now;
  } while (!until.aborted);
}

/** Waits until the process listens. */
export async function listening(process: TestProcess): Promise<ServeProcess> {
  const [, port] = await process.line(/"port":(\d+),"msg":"listening"/, 30_000);
  const url = `http://127.0.0.1:${port}`;
  return {
    process,
    url,
    scrape: async () => parseExposition(await process.answers(`${url}/metrics`)),
    json: async (path, status) => JSON.parse(await process.answers(url + path, status)),
  };
}

/** A worker process, once it is ready; SIGTERM ends it in good order. */
export async function startWorker(...how: Parameters<typeof spawnWorker>): Promise<TestProcess> {
  const worker = spawnWorker(...how);
  await worker.line(/^ready$/, 30_000);
  return worker;
}

/**
 * A worker process that may not become ready.
 * @param cwd where the program is installed whose library it uses; by default this one
 */
export function spawnWorker(
  options: Plan["options"],
  plan: Partial<Plan> = {},
  nodeFlags: string[] = [],
  cwd = ".",
): TestProcess {
  const defaults: Plan = {
    options,
    tasks: 0,
    firstText: 1,
    handler: "instant",
    release: "",
    heapAt: [],
    limits: [],
  };
  const text = JSON.stringify({ ...defaults, ...plan });
  const script = resolve("test/support/worker-process.ts");
  return startNode([...nodeFlags, "--import", "tsx", script, text], { cwd });
}

/** What a worker process says of the whole system, after taking its next limits where it has some. */
export async function statsOf(worker: TestProcess): Promise<Record<string, unknown>> {
  const before = worker.output().length;
  worker.signal("SIGUSR2");
  const [, json = ""] = await worker.line(/^stats (.*)$/, 10_000, before);
  return JSON.parse(json);
}
