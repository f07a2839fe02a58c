import { hostPort } from "../domain/address.ts";
import { type Child, startChild } from "./child.ts";
import type { DemoContext } from "./context.ts";
import { keepRunning } from "./keep-running.ts";
import type { SpeechRequest, ToWorker } from "./messages.ts";

const HOST = "127.0.0.1";

export interface Workers {
  /** http://host:port of each one */
  urls: string[];
  /** Sends a request to a worker of chance; false: none takes requests now. */
  dispatch(request: SpeechRequest): boolean;
}

/**
 * Starts the workers, and waits until all of them take requests.
 * @param firstPort where it is free, and those behind it: beside the exporter's, so that two demos do not meet
 */
export async function startWorkers(
  context: DemoContext,
  databaseUrl: string,
  firstPort: number,
): Promise<Workers> {
  const { settings, folders, environment, pickPort, step } = context;
  const ready = new Set<Child>();
  const urls: string[] = [];
  const firsts: Child[] = [];
  const stops: (() => void | Promise<void>)[] = [];
  // Together, for one that hangs should not hold up the others.
  context.atEnd(async () => void (await Promise.all(stops.map((stop) => stop()))));
  for (let index = 0; index < settings.workers; index++) {
    const listen = hostPort(HOST, await step(pickPort(firstPort + index, HOST)));
    const name = `worker-${index + 1}`;
    const order: ToWorker = {
      start: { databaseUrl, name, listen, audioDir: folders.audio, faults: settings.fault },
    };
    const start = () => {
      const child = startChild({ name, module: "worker-main", environment, logDir: folders.logs });
      child.send(order);
      void child.firstMessage.then(
        () => ready.add(child),
        () => {},
      );
      void child.ended.then(() => ready.delete(child));
      return child;
    };
    firsts.push(keepRunning({ ...context, atEnd: (stop) => stops.push(stop) }, start));
    urls.push(`http://${listen}`);
  }
  await step(Promise.all(firsts.map((child) => child.firstMessage)));
  return {
    urls,
    dispatch(request) {
      const child = [...ready][Math.floor(Math.random() * ready.size)];
      child?.send({ speak: request } satisfies ToWorker);
      return child !== undefined;
    },
  };
}
