import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { hostPort } from "../domain/address.ts";
import type { DemoContext } from "./context.ts";
import { readNotification } from "./notification.ts";
import { timeOfDay } from "./screen.ts";

const HOST = "127.0.0.1";
const IDLE = 600_000;

/**
 * Stands in for the receivers of alertmanager.yml: prints each notification of the pager and the ticket system.
 * The dead man's switch gets its answer and no line, for all that it says is that all is well.
 */
export async function startReceivers(
  { print, pickPort, step, atEnd }: DemoContext,
  port: number,
): Promise<string> {
  // Alertmanager does not repeat at once what meets a connection that is being closed for having been idle.
  const server = createServer({ keepAliveTimeout: IDLE }, async (request, response) => {
    try {
      for (const line of await linesOf(request)) print(`${timeOfDay()}  ${line}`);
    } catch {
      response.statusCode = 400;
    }
    // Slack's answer, without which Alertmanager tries again.
    response.end("ok");
  });
  const picked = await step(pickPort(port, HOST));
  server.listen(picked, HOST);
  atEnd(() => {
    server.close();
    server.closeAllConnections();
  });
  await step(once(server, "listening"));
  return hostPort(HOST, picked);
}

/** The secrets that alertmanager.yml names, for receivers at this address: files that only their owner reads. */
export function writeSecrets(folder: string, address: string): void {
  const secrets = {
    "pagerduty-routing-key": "demo",
    "slack-webhook-url": `http://${address}/tickets`,
    "dead-man-token": "demo",
  };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const [name, content] of Object.entries(secrets)) {
    writeFileSync(join(folder, name), content, { mode: 0o600 });
  }
}

async function linesOf(request: IncomingMessage): Promise<string[]> {
  const notifications = readNotification(await json(request));
  const receiver = request.url?.slice(1);
  if (receiver === "dead-man") return [];
  return notifications.map(
    ({ status, alertname, summary }) =>
      `${receiver}: ${status} ${[alertname, summary].filter(Boolean).join(": ")}`,
  );
}
