import { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { OperationError } from "../errors.ts";
import { CONNECT_TIMEOUT, KEEPALIVES } from "./pool.ts";

export interface ListenerOptions {
  /** the server's own address: a pooler in transaction mode passes no notification on */
  url: string;
  /** shown in pg_stat_activity */
  applicationName: string;
  channels: readonly string[];
  onNotify(channel: string, payload: string): void;
  /** called when it listens, also again after a broken connection: notifications may have been missed until then */
  onConnected(): void;
  /** called with what ended a session, and at each attempt that fails; an OperationError is final */
  onBroken(error: unknown): void;
}

export interface Listener {
  /** Ends the session at once; never rejects. */
  close(): Promise<void>;
}

const QUERY_TIMEOUT = 5000;
const HEARTBEAT_INTERVAL = 5000;
const SHORTEST_PAUSE = 100;
const LONGEST_PAUSE = 2000;

/**
 * One session that LISTENs, and is replaced when it breaks, in silence too: a half-open one is found within ten
 * seconds. There is never a second one at the same time.
 */
export function createListener(options: ListenerOptions): Listener {
  const stop = new AbortController();
  const listening = keepListening(options, stop.signal);
  return {
    async close() {
      stop.abort();
      await listening;
    },
  };
}

async function keepListening(options: ListenerOptions, stopped: AbortSignal): Promise<void> {
  let pause = SHORTEST_PAUSE;
  const connected = () => {
    pause = SHORTEST_PAUSE;
    options.onConnected();
  };
  while (!stopped.aborted) {
    try {
      await listenUntilBroken(options, connected, stopped);
    } catch (error) {
      if (stopped.aborted) return;
      options.onBroken(error);
      // Trying again would lose them again, and each time break one of the pool's sessions.
      if (error instanceof OperationError) return;
    }
    await sleep(pause * (0.5 + Math.random() / 2), undefined, { signal: stopped }).catch(() => {});
    pause = Math.min(2 * pause, LONGEST_PAUSE);
  }
}

/** @throws whatever broke the session; it is gone by then */
async function listenUntilBroken(
  options: ListenerOptions,
  connected: () => void,
  stopped: AbortSignal,
): Promise<never> {
  // Our own socket, because pg's `end` waits for the other side, which a half-open connection has not.
  const socket = new Socket();
  const client = new pg.Client({
    connectionString: options.url,
    application_name: options.applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    query_timeout: QUERY_TIMEOUT,
    options: KEEPALIVES,
    keepAlive: true,
    stream: () => socket,
  });
  client.on("notification", ({ channel, payload }) => options.onNotify(channel, payload ?? ""));
  const over = new AbortController();
  const broken = new Promise<never>((_, reject) => {
    client.on("error", reject);
    client.on("end", () => reject(new Error("the connection ended")));
    stopped.addEventListener("abort", () => reject(stopped.reason), { signal: over.signal });
  });
  try {
    return await Promise.race([broken, listen(client, options.channels, connected, over.signal)]);
  } finally {
    over.abort();
    socket.destroy();
  }
}

async function listen(
  client: pg.Client,
  channels: readonly string[],
  connected: () => void,
  over: AbortSignal,
): Promise<never> {
  await client.connect();
  await client.query(channels.map((channel) => `listen ${pg.escapeIdentifier(channel)}`).join("; "));
  connected();
  for (;;) {
    await sleep(HEARTBEAT_INTERVAL, undefined, { signal: over });
    const { rows } = await client.query("select pg_listening_channels()");
    if (rows.length < channels.length) {
      throw new OperationError("a pooler in transaction mode has lost the channels: listen past it");
    }
  }
}
