import { rmSync } from "node:fs";
import { portPicker } from "../../src/demo/ports.ts";
import { writeToken } from "../../src/demo/token.ts";
import { onAbruptEnd } from "../../test/support/abrupt-end.ts";
import type { TcpProxy } from "../../test/support/tcp-proxy.ts";
import { makeFolder } from "../../test/support/temporary-server.ts";
import { startObserver } from "../recording/observer.ts";
import { startProber } from "../recording/prober.ts";
import type { Recorder } from "../recording/recorder.ts";
import { SETTINGS } from "../settings.ts";
import { createCalls } from "./calls.ts";
import { startDatabase } from "./database.ts";
import { createExporters } from "./exporters.ts";
import { type Load, startLoad } from "./load.ts";
import type { OwnPart } from "./part.ts";
import { createObservers } from "./prometheus.ts";
import type { Setting } from "./setting.ts";
import type { Stage } from "./stage.ts";
import { createWorkers } from "./workers.ts";

export interface OpenStage {
  stage: Omit<Stage, "problem">;
  load: Load;
  /** Ends whoever scrapes and counts. */
  stopWatching(): Promise<void>;
  /** Ends all, each part as it is told to in good order, and removes what it has left on disk. */
  close(): Promise<void>;
}

// Below the ports that connections go out by: one of these must be free again for a part's next life.
const FIRST_PORT = 21_000;
const PORTS_OF_A_SEED = 40;
const SEEDS_APART = 200;

/** Starts the whole system, its load, and who records it. */
export async function openStage(recorder: Recorder, seed: number): Promise<OpenStage> {
  const releases: (() => unknown)[] = [];
  const close = async () => {
    for (const release of releases.reverse()) await release();
  };
  try {
    return { ...(await openEverything(recorder, seed, (release) => releases.push(release))), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openEverything(
  recorder: Recorder,
  seed: number,
  atEnd: (release: () => unknown) => void,
): Promise<Omit<OpenStage, "close">> {
  const folder = makeFolder();
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  const forget = onAbruptEnd(removeFolder);
  atEnd(() => {
    forget();
    removeFolder();
  });
  const database = await startDatabase(recorder);
  atEnd(() => database.remove());
  const { token, path: tokenFile } = writeToken(folder);
  const setting: Setting = { recorder, database, folder, seed, pickPort: pickerFor(seed), tokenFile };

  const exporters = await createExporters(setting);
  const workers = await createWorkers(setting);
  atEnd(() => workers.release());
  const observers = await createObservers(setting, exporters);
  atEnd(observers.release);
  const parts = [...exporters, ...workers.parts];
  const all = [...parts, observers.alertmanager, observers.prometheus].filter((part) => part !== undefined);
  atEnd(() => Promise.all(all.map((part) => part.remove())));
  await Promise.all(all.map((part) => part.start()));

  const usurpers = new Set<OwnPart>();
  atEnd(() => Promise.all([...usurpers].map((part) => part.remove())));
  const call = createCalls(recorder);
  const load = startLoad({
    call,
    database,
    workers: workers.parts,
    apis: exporters.map(({ url }) => url),
    token,
    seed,
  });
  const links = () =>
    [...parts, ...usurpers].flatMap(({ name, link }): [string, TcpProxy][] => (link ? [[name, link]] : []));
  const prober = startProber(recorder, parts);
  const observer = startObserver({ recorder, database, prometheus: observers.prometheus, links });
  return {
    stage: {
      database,
      exporters,
      workers: workers.parts,
      prometheus: observers.prometheus,
      token,
      heartbeatTimeout: SETTINGS.heartbeatTimeout,
      userMark: SETTINGS.userMark,
      recentTexts: load.recentTexts,
      call,
      async usurp(worker) {
        const usurper = await workers.createUsurper(worker.name);
        usurpers.add(usurper);
        await usurper.start();
        return {
          async kill() {
            await usurper.kill();
            usurpers.delete(usurper);
            await usurper.remove();
          },
        };
      },
    },
    load,
    stopWatching: async () => void (await Promise.all([prober.stop(), observer.stop()])),
  };
}

/** Each seed has ports of its own, so that two runs at a time do not meet. */
function pickerFor(seed: number): () => Promise<number> {
  const pick = portPicker();
  let next = FIRST_PORT + PORTS_OF_A_SEED * (seed % SEEDS_APART);
  return () => pick(next++, "127.0.0.1");
}
