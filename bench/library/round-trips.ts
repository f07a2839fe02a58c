import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface RoundTrips {
  /** the given address, by way of the counter */
  url: string;
  /** so far: how often a client has spoken after its server had */
  readonly count: number;
  close(): Promise<void>;
}

/** A way to a PostgreSQL on which round trips are counted, whatever client goes there and however it speaks. */
export async function countRoundTrips(targetUrl: string): Promise<RoundTrips> {
  const target = new URL(targetUrl);
  const sockets = new Set<Socket>();
  let count = 0;
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ port: Number(target.port), host: target.hostname, noDelay: true });
    let answered = true;
    client.on("data", (bytes) => {
      if (answered) count++;
      answered = false;
      upstream.write(bytes);
    });
    upstream.on("data", (bytes) => {
      answered = true;
      client.write(bytes);
    });
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on("error", () => {});
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = new URL(targetUrl);
  url.hostname = "127.0.0.1";
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    get count() {
      return count;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
