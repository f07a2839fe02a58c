import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { json } from "node:stream/consumers";
import { hostPort } from "../domain/address.ts";
import type { DemoContext } from "./context.ts";
import { timeOfDay } from "./screen.ts";

const HOST = "127.0.0.1";

/** What Alertmanager posts to a webhook: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config */
interface Notification {
  alerts: {
    status: "firing" | "resolved";
    labels: Record<string, string>;
    annotations: Record<string, string>;
  }[];
}

/**
 * Stands in for the receivers of alertmanager.yml: prints each notification of the pager and the ticket system.
 * The dead man's switch gets its answer and no line, for all that it says is that all is well.
 */
export async function startReceivers(
  { print, pickPort, step, atEnd }: DemoContext,
  port: number,
): Promise<string> {
  const server = createServer(async (request, response) => {
    try {
      for (const line of await linesOf(request)) print(`${timeOfDay()}  ${line}`);
    } catch {
      response.statusCode = 400;
    }
    response.end();
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

async function linesOf(request: IncomingMessage): Promise<string[]> {
  const { alerts } = (await json(request)) as Notification;
  const receiver = request.url?.slice(1);
  if (receiver === "dead-man") return [];
  return alerts.map(
    ({ status, labels, annotations }) =>
      `${receiver}: ${status} ${labels["alertname"]}: ${annotations["summary"]}`,
  );
}
