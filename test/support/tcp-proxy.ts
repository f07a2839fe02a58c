import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A link to a PostgreSQL server that may be broken in the ways in which networks break. */
export interface TcpProxy {
  /** the given address, by way of the proxy */
  url: string;
  /** bytes that hung connections have lost */
  readonly lost: number;
  /** connections that clients hold now */
  readonly held: number;
  /** Ends all connections and refuses new ones. */
  cut(): void;
  /** Takes connections and bytes, and passes nothing on: as where a router has forgotten them. */
  hang(): void;
  /** Passes everything on so many ms later. */
  delay(ms: number): void;
  /** Passes on again. What hung stays dead: its bytes are lost. */
  heal(): void;
  /** Ends all connections; new ones go to this server. */
  retarget(url: string): void;
  close(): Promise<void>;
}

type Mode = "open" | "cut" | "hang";

export async function startProxy(targetUrl: string): Promise<TcpProxy> {
  let target = new URL(targetUrl);
  let mode: Mode = "open";
  let lag = 0;
  let lost = 0;
  const sockets = new Set<Socket>();
  const clients = new Set<Socket>();
  // Their other end has gone without a word.
  const orphans = new Set<Socket>();
  const endAll = () => {
    for (const socket of sockets) socket.destroy();
  };

  const server = createServer((client) => {
    if (mode === "cut") {
      client.resetAndDestroy();
      return;
    }
    clients.add(client);
    client.on("close", () => clients.delete(client));
    const upstream = connect(Number(target.port || 5432), target.hostname);
    pass(client, upstream);
    pass(upstream, client);
  });

  function pass(from: Socket, to: Socket): void {
    // Bytes that were lost cannot be made up for: such a connection stays dead after the link has healed.
    let dead = false;
    const late = inOrder((bytes) => to.write(bytes));
    sockets.add(from);
    from.on("data", (bytes) => {
      dead ||= mode === "hang";
      if (dead) lost += bytes.length;
      else late(bytes, lag);
    });
    from.on("error", () => {});
    from.on("close", () => {
      sockets.delete(from);
      orphans.delete(from);
      // The end of a connection is a message too.
      if (mode === "hang") orphans.add(to);
      else to.destroy();
    });
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const proxied = new URL(targetUrl);
  proxied.hostname = "127.0.0.1";
  proxied.port = String(port);
  return {
    url: proxied.href,
    get lost() {
      return lost;
    },
    get held() {
      return clients.size;
    },
    cut() {
      mode = "cut";
      endAll();
    },
    hang() {
      mode = "hang";
    },
    delay(ms) {
      lag = ms;
    },
    heal() {
      mode = "open";
      lag = 0;
      for (const orphan of orphans) orphan.destroy();
    },
    retarget(url) {
      target = new URL(url);
      endAll();
    },
    async close() {
      endAll();
      server.close();
      await once(server, "close");
    },
  };
}

/** Passes on later, but nothing before what came before it, however the delay changes: so does TCP. */
function inOrder(pass: (bytes: Buffer) => void): (bytes: Buffer, ms: number) => void {
  const waiting: { due: number; bytes: Buffer }[] = [];
  function flush(): void {
    const now = performance.now();
    for (let next = waiting[0]; next && next.due <= now; next = waiting[0]) {
      waiting.shift();
      pass(next.bytes);
    }
    if (waiting[0]) setTimeout(flush, waiting[0].due - now);
  }
  return (bytes, ms) => {
    const due = Math.max(performance.now() + ms, waiting.at(-1)?.due ?? 0);
    waiting.push({ due, bytes });
    if (waiting.length === 1) flush();
  };
}
