import type { ServerResponse } from "node:http";
import type { Server } from "node:net";

/**
 * Node.js closes idle connections with the server, but goes on answering on one that was busy then: a client that asks
 * often enough, such as Prometheus, would keep the server from ever ending.
 * @returns to be called at the server's end: from then on each answer is the last of its connection
 */
export function answersCanBeLast(server: Server): () => void {
  const underWay = new Set<ServerResponse>();
  let last = false;
  // First of the listeners: the headers have not been sent.
  server.prependListener("request", (_request: unknown, response: ServerResponse) => {
    if (last) announceEnd(response);
    underWay.add(response);
    response.once("close", () => underWay.delete(response));
  });
  return () => {
    last = true;
    for (const response of underWay) announceEnd(response);
  };
}

function announceEnd(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader("Connection", "close");
}
