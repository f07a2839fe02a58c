import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { readNotification } from "../../src/demo/notification.ts";
import { hostPort } from "../../src/domain/address.ts";
import { atEndOfFile } from "./end-of-file.ts";

const IDLE = 600_000;
const RECEIVERS = ["pager", "tickets", "dead-man"] as const;
type Receiver = (typeof RECEIVERS)[number];

/** What one request tells: of one group of alerts. */
export interface Message {
  receiver: Receiver;
  alertname: string;
  status: "firing" | "resolved";
  summary: string;
  text: string;
  links: string[];
  authorization: string | undefined;
  /** as it came */
  body: unknown;
}

export interface Receivers {
  /** host:port */
  address: string;
  /** all so far, in the order of their arrival */
  messages: Message[];
  /** what nobody could read */
  problems: string[];
}

/** Stands in for the pager, the ticket system and the dead man's switch. */
export async function startReceivers(): Promise<Receivers> {
  const messages: Message[] = [];
  const problems: string[] = [];
  // Alertmanager does not repeat at once what meets a connection that is being closed for having been idle.
  const server = createServer({ keepAliveTimeout: IDLE }, async (request, response) => {
    const body: unknown = await json(request).catch(String);
    try {
      const message = read(request, body);
      messages.push(message);
      // As PagerDuty does; Slack's and a webhook's is 200.
      if (message.receiver === "pager") response.statusCode = 202;
    } catch (error) {
      problems.push(`${request.url}: ${error}: ${JSON.stringify(body)}`);
      response.statusCode = 400;
    }
    response.end("ok");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  atEndOfFile(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { address: hostPort("127.0.0.1", port), messages, problems };
}

function read({ url = "", headers }: IncomingMessage, body: unknown): Message {
  const receiver = RECEIVERS.find((name) => url.startsWith(`/${name}`));
  const parts = readNotification(body);
  const [first] = parts;
  if (!receiver || !first) throw new Error("for nobody");
  return {
    receiver,
    alertname: first.alertname ?? first.summary,
    status: parts.some(({ status }) => status === "firing") ? "firing" : "resolved",
    summary: first.summary,
    text: parts.map(({ text }) => text).join("\n"),
    links: parts.flatMap(({ links }) => links),
    authorization: headers.authorization,
    body,
  };
}
