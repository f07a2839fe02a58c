import { hostPort } from "../domain/address.ts";
import { OperationError } from "../errors.ts";
import { startChild } from "./child.ts";
import type { DemoContext } from "./context.ts";
import { keepRunning } from "./keep-running.ts";
import { untilReady } from "./ready.ts";
import { type Token, writeToken } from "./token.ts";

export interface Exporter {
  /** opens its endpoints that change something */
  token: Token;
  port: number;
  /** host:port */
  address: string;
  /** http://host:port */
  url: string;
}

/** Starts `tts-monitor serve`, and waits until it is ready. */
export async function startExporter(context: DemoContext, databaseUrl: string): Promise<Exporter> {
  const { settings, folders, environment, pickPort, step, stop } = context;
  const { host, port: wanted } = settings.web.listenAddress;
  const port = await step(pickPort(wanted, host));
  const address = hostPort(host ?? "localhost", port);
  const token = writeToken(folders.run);
  const exporter = { port, address, url: `http://${address}`, token };
  const child = keepRunning(context, () =>
    startChild({
      name: "exporter",
      module: "../cli",
      args: ["serve"],
      environment: {
        ...environment,
        TTS_MONITOR_DATABASE_URL: databaseUrl,
        TTS_MONITOR_WEB_LISTEN_ADDRESS: hostPort(host ?? "", port),
        TTS_MONITOR_API_TOKEN_FILE: token.path,
      },
      logDir: folders.logs,
    }),
  );
  const trouble = await step(untilReady(`${exporter.url}/-/ready`, child, stop));
  if (trouble) {
    throw new OperationError(`the exporter did not start (${trouble}): see ${folders.logs}/exporter.log`);
  }
  return exporter;
}
