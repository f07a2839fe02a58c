import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { hostPort } from "../../src/domain/address.ts";
import { mountSmallDisk } from "../../test/support/small-disk.ts";
import { startProxy } from "../../test/support/tcp-proxy.ts";
import { clockOf } from "./clock.ts";
import { createPart, type OwnPart } from "./part.ts";
import type { Setting } from "./setting.ts";
import { CONCURRENCY, ENVIRONMENT, WORKERS } from "./settings.ts";
import { type Talk, talkTo } from "./talk.ts";

export interface OwnWorker extends OwnPart {
  /** with its process of now; undefined before the first */
  readonly talk: Talk | undefined;
}

export interface Workers {
  parts: OwnWorker[];
  /** A part that will take the worker's name, with a link of its own; not started. */
  createUsurper(worker: string): Promise<OwnPart>;
  /** Gives their disks back. */
  release(): void;
}

/** Workers of a TTS service, each with a spool on a disk that can be full. */
export async function createWorkers(setting: Setting): Promise<Workers> {
  const releases: (() => void)[] = [];
  let usurpers = 0;
  const parts = await Promise.all(
    WORKERS.map((worker) => {
      const spoolDir = join(setting.folder, `${worker}-spool`);
      mkdirSync(spoolDir);
      const disk = mountSmallDisk(spoolDir);
      if (disk) releases.push(() => disk.unmount());
      return createWorker(setting, { name: worker, worker, spoolDir, ...(disk && { spool: disk }) });
    }),
  );
  return {
    parts,
    createUsurper(worker) {
      const name = `${worker}-usurper-${++usurpers}`;
      const spoolDir = join(setting.folder, `${name}-spool`);
      mkdirSync(spoolDir);
      return createWorker(setting, { name, worker, spoolDir });
    },
    release: () => {
      for (const release of releases) release();
    },
  };
}

interface Place {
  /** the part's */
  name: string;
  /** the slot's */
  worker: string;
  spoolDir: string;
  spool?: OwnPart["spool"];
}

async function createWorker(setting: Setting, { name, worker, spoolDir, spool }: Place): Promise<OwnWorker> {
  const { recorder, database, folder, seed, pickPort } = setting;
  const link = await startProxy(database.url);
  database.onMove((url) => link.retarget(url));
  const listen = hostPort("127.0.0.1", await pickPort());
  const clock = clockOf(name, folder);
  const options = { worker, concurrency: CONCURRENCY, listen, spoolDir };
  let talk: Talk | undefined;
  const part = createPart(recorder, {
    name,
    kind: "worker",
    url: `http://${listen}`,
    link,
    ...(clock && { setClock: clock.set }),
    spool,
    program: process.execPath,
    args: ["--import", "tsx", resolve("chaos/worker-process.ts"), JSON.stringify({ seed, options })],
    env: { ...ENVIRONMENT, ...clock?.env, TTS_MONITOR_DATABASE_URL: link.url },
    began: (program) => {
      talk = talkTo(program);
    },
  });
  return Object.defineProperties(part, { talk: { get: () => talk } }) as OwnWorker;
}
