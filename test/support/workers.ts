import { afterEach } from "vitest";
import { createTaskMonitor, type TaskMonitor, type TaskMonitorOptions } from "../../src/index.ts";
import { silentLogger } from "../../src/logger.ts";

const AUDIO = { audioUrl: "file:///a.wav", filename: "a.wav", fileSize: 5000 };

/** A handler that is done at once, with the smallest valid audio. */
export const instantly = async () => AUDIO;

/** Opens monitors on a database and closes them after each test. */
export function useWorkers(databaseUrl: () => string) {
  let open: TaskMonitor[] = [];
  afterEach(async () => {
    await Promise.all(open.map((monitor) => monitor.close()));
    open = [];
  });
  return async (worker: string, options: Partial<TaskMonitorOptions> = {}): Promise<TaskMonitor> => {
    const monitor = await createTaskMonitor({
      databaseUrl: databaseUrl(),
      worker,
      logger: silentLogger,
      shutdownGrace: 500,
      ...options,
    });
    open.push(monitor);
    return monitor;
  };
}

/** A promise and its ends, for handlers that a test lets go on when it wants. */
export function gate<T = void>() {
  let open: (value: T) => void = () => {};
  const opened = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

let texts = 1000;

/** A request that no other of the test file is like. */
export const nextText = () => ({ textId: ++texts, content: `text ${texts}` });
