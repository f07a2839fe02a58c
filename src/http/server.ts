import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import type { ListenAddress } from "../domain/address.ts";
import { OperationError } from "../errors.ts";

export interface HttpServer {
  address: string;
  port: number;
  /** Takes no more requests, and resolves when those under way are answered; may be called twice. */
  close(): Promise<void>;
}

// Node's own limits (60 s, 300 s, checked every 30 s) let a slow client hold a connection for minutes.
const LIMITS = { headersTimeout: 10_000, requestTimeout: 20_000, connectionsCheckingInterval: 5_000 };

/** @throws OperationError when the address is taken or not ours */
export async function listen(app: RequestListener, { host, port }: ListenAddress): Promise<HttpServer> {
  const server = createServer(LIMITS, app);
  server.listen({ host, port });
  try {
    await once(server, "listening");
  } catch (error) {
    throw new OperationError(`cannot listen on ${host ?? ""}:${port}: ${explain(error)}`, { cause: error });
  }
  const bound = server.address() as AddressInfo;
  let closed: Promise<void> | undefined;
  return {
    address: bound.address,
    port: bound.port,
    close() {
      closed ??= new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      });
      return closed;
    },
  };
}

function explain(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EADDRINUSE") return "the port is in use by another process";
  if (code === "EADDRNOTAVAIL") return "this machine has no such address";
  if (code === "EACCES") return "this user may not use the port";
  return String(error);
}
