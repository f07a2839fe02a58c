import { setTimeout as sleep } from "node:timers/promises";
import { inTime } from "../../src/domain/in-time.ts";
import type { TcpProxy } from "../../test/support/tcp-proxy.ts";
import type { PartKind } from "../recording/entries.ts";
import type { Recorder } from "../recording/recorder.ts";
import { type Program, startProgram } from "./program.ts";
import type { Part } from "./stage.ts";

const READY_PATIENCE = 30_000;
const END_PATIENCE = 30_000;

export interface PartOptions {
  name: string;
  kind: PartKind;
  url: string;
  link?: TcpProxy;
  setClock?: (offset: string) => void;
  spool?: Part["spool"];
  program: string;
  args: readonly string[];
  env?: Record<string, string>;
  /** Called with each new process. */
  began?(program: Program): void;
}

export interface OwnPart extends Part {
  /** 0 before the first */
  readonly life: number;
  /** Ends it, however it is, and closes its link. */
  remove(): Promise<void>;
}

/** A part that is started and ended as often as one likes. Ready is who says so at `/-/ready`. */
export function createPart(recorder: Recorder, options: PartOptions): OwnPart {
  const { name, kind, url, link, setClock, spool } = options;
  let life = 0;
  let current: Program | undefined;

  const signal = (which: NodeJS.Signals) => void current?.child.kill(which);
  const end = async (which: NodeJS.Signals) => {
    current?.want();
    signal(which);
    await current?.ended;
  };
  return {
    name,
    kind,
    url,
    link,
    setClock,
    spool,
    get life() {
      return current?.hasEnded() === false ? life : 0;
    },
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
    async start() {
      life++;
      const started = startProgram(recorder, { ...options, part: name, life });
      current = started;
      options.began?.(started);
      await untilReady(started, `${url}/-/ready`, name);
      started.ready();
    },
    freeze: () => signal("SIGSTOP"),
    thaw: () => signal("SIGCONT"),
    async remove() {
      if (current?.hasEnded() === false) {
        signal("SIGCONT");
        const politely = end("SIGTERM").then(() => true);
        if (!(await inTime(politely, END_PATIENCE, () => false))) await end("SIGKILL");
      }
      await link?.close();
    },
  };
}

async function untilReady(program: Program, address: string, name: string): Promise<void> {
  const deadline = performance.now() + READY_PATIENCE;
  while (!(await answers(address))) {
    if (program.hasEnded()) throw new Error(`${name} ended before it was ready`);
    if (performance.now() > deadline) throw new Error(`${name} is not ready after ${READY_PATIENCE} ms`);
    await sleep(50);
  }
}

async function answers(address: string): Promise<boolean> {
  try {
    const response = await fetch(address, {
      signal: AbortSignal.timeout(2000),
      headers: { connection: "close" },
    });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
