import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import type { ListenAddress } from "../domain/address.ts";
import { codeOf } from "../domain/thrown.ts";
import { OperationError } from "../errors.ts";
import type { LiveTls } from "./access/live-tls.ts";
import { answerClientErrors } from "./client-errors.ts";
import { answersCanBeLast } from "./keep-alive.ts";

export interface HttpServer {
  address: string;
  port: number;
  /** Takes no more requests, and resolves when those under way are answered; may be called twice. */
  close(): Promise<void>;
}

// Node's own limits (60 s, 300 s, checked every 30 s, 120 s for a handshake) let a slow client hold a connection for
// minutes.
const LIMITS = {
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  connectionsCheckingInterval: 5_000,
  handshakeTimeout: 10_000,
};
// Node.js would answer without a body: see requireOneHost.
const LENIENT = { requireHostHeader: false };
const MAX_CONNECTIONS = 500;

interface ServerOptions {
  /** undefined: plain HTTP */
  tls?: LiveTls | undefined;
  /** streams that are served on top of what scrapes and the API need */
  streams?: number;
  /** ms, in place of the usual ones */
  limits?: Partial<typeof LIMITS>;
}

/** @throws OperationError when the address is taken or not ours */
export async function listen(
  app: RequestListener,
  { host, port }: ListenAddress,
  { tls, streams = 0, limits = {} }: ServerOptions = {},
): Promise<HttpServer> {
  const all = { ...LIMITS, ...LENIENT, ...limits };
  const server = tls ? createTlsServer({ ...all, ...tls.options }, app) : createServer(all, app);
  server.maxConnections = streams + MAX_CONNECTIONS;
  answerClientErrors(server);
  const makeAnswersLast = answersCanBeLast(server);
  if (tls && "setSecureContext" in server) {
    // First of the listeners: who may not come in is gone before anything is read.
    server.prependListener("secureConnection", (socket) => {
      if (!tls.admits(socket)) socket.destroy();
    });
    tls.follow((context) => server.setSecureContext(context));
  }
  await bind(server, host, port);
  const bound = server.address() as AddressInfo;
  let closed: Promise<void> | undefined;
  return {
    address: bound.address,
    port: bound.port,
    close() {
      closed ??= new Promise<void>((resolve) => {
        server.close(() => resolve());
        makeAnswersLast();
        server.closeIdleConnections();
      });
      return closed;
    },
  };
}

async function bind(server: Server, host: string | undefined, port: number): Promise<void> {
  server.listen({ host, port });
  try {
    await once(server, "listening");
  } catch (error) {
    throw new OperationError(`cannot listen on ${host ?? ""}:${port}: ${explain(error)}`, { cause: error });
  }
}

function explain(error: unknown): string {
  const code = codeOf(error);
  if (code === "EADDRINUSE") return "the port is in use by another process";
  if (code === "EADDRNOTAVAIL") return "this machine has no such address";
  if (code === "EACCES") return "this user may not use the port";
  return String(error);
}
