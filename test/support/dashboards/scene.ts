import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type pg from "pg";
import { atEndOfFile } from "../end-of-file.ts";
import type { TestDatabase } from "../postgres.ts";
import { startCli } from "../processes.ts";
import { makeFolder } from "../temporary-server.ts";
import {
  askTheApi,
  comeTooLate,
  freeze,
  loseWorkers,
  repeat,
  seeTasksEnd,
  startHeldWorker,
  succeedAtLast,
} from "./scene-acts.ts";

/** The demo in trouble, on the test's database: tasks end in every way there is, each by its real cause. */
export interface Scene {
  exporterUrl: string;
  /** @returns a text that first failed, was then spoken, and answers for another one of its content */
  passAllStates(): Promise<string>;
  /** Holds everything where it is: no load, no restart, no task changes its state, and some are stuck. */
  freeze(): Promise<void>;
  end(): Promise<void>;
}

const WORKERS = 3;
const START_MS = 60_000;

const LONG = { taskTimeout: 600_000, shutdownGrace: 600_000 };

// So short that to speak them takes no time; the last one says nothing, and its audio is not valid.
const TEXTS = { morning: "Good morning.", rain: "It rains.", tea: "茶很好。", pause: "…" };

const FLAGS = [
  `--workers=${WORKERS}`,
  "--concurrency.global=5",
  "--rate=4",
  "--fault.fail=0.2",
  "--fault.slow=0.1",
  "--fault.hang=0.1",
  "--fault.crash=0.005",
  "--task.timeout=4s",
  "--task.pending-timeout=3s",
  "--heartbeat.interval=500ms",
  "--heartbeat.timeout=2s",
  "--sweep.interval=1s",
  "--slo.latency=2s",
  "--shutdown.grace=2s",
  "--scrape.timeout-offset=200ms",
];

/** @param database with nothing but our schema in it */
export async function startScene(database: TestDatabase): Promise<Scene> {
  const folder = makeFolder();
  atEndOfFile(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const [texts, dataDir] = [join(folder, "texts"), join(folder, "data")];
  mkdirSync(texts);
  for (const [name, text] of Object.entries(TEXTS)) writeFileSync(join(texts, `${name}.txt`), text);
  const places = ["--data-dir", dataDir, "--texts", texts, "--web.listen-address", "127.0.0.1:0"];
  const demo = startCli(["demo", ...places, `--database.url=${database.directUrl}`, ...FLAGS], {
    // Finds neither Prometheus nor Alertmanager: the test has its own.
    env: { PATH: folder },
  });
  await demo.line(/^ {2}faults /, START_MS);
  const exporterUrl = /^ {2}exporter +(http:\/\/[^/]+)/m.exec(demo.output())?.[1] ?? "";
  const token = readFileSync(join(dataDir, "run/api-token"), "utf8").trim();
  const actors = { demo, database, folder, exporterUrl, token };
  const draining = await startHeldWorker(actors, "worker-draining", LONG);
  let lock: pg.Client | undefined;
  return {
    exporterUrl,
    async passAllStates() {
      await askTheApi(actors);
      await seeTasksEnd(actors);
      await loseWorkers(actors);
      await comeTooLate(actors);
      const text = await succeedAtLast(actors);
      await repeat(text, actors);
      draining.signal("SIGTERM");
      return text;
    },
    async freeze() {
      lock = await freeze(actors);
    },
    async end() {
      await draining.kill();
      await lock?.end();
      demo.thaw();
      await demo.end();
    },
  };
}
