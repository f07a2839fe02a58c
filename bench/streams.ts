// What a live stream's client costs the exporter, and how soon it is told: `npx tsx bench/stream-clients.ts [clients]`.
// The clients' number is bounded by `ulimit -n`.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { migrate } from "../src/db/migrate.ts";
import { createExporter } from "../src/exporter.ts";
import { listen } from "../src/http/server.ts";
import { silentLogger } from "../src/logger.ts";
import { SETTINGS } from "../test/support/exporter-settings.ts";
import { startTemporaryServer } from "../test/support/temporary-server.ts";

const EVENTS_PER_SECOND = 200;
const SECONDS = 10;
const AT_ONCE = 200;

interface Memory {
  rss: number;
  heapUsed: number;
  external: number;
}

if (process.argv[2] === "serve") await serve(process.argv[3] ?? "");
else await measure(Number(process.argv[2] ?? 10_000));

/** The exporter, in a process of its own that tells its memory when it is asked. */
async function serve(databaseUrl: string): Promise<void> {
  const exporter = createExporter(databaseUrl, { ...SETTINGS, sse: { maxClients: 1_000_000 } }, silentLogger);
  const { port } = await listen(exporter.app, { host: "127.0.0.1", port: 0 }, { streams: 1_000_000 });
  process.on("disconnect", () => process.exit());
  process.on("message", async () => {
    for (let time = 0; time < 3; time++) {
      global.gc?.();
      await sleep(200);
    }
    process.send?.(process.memoryUsage());
  });
  process.send?.(port);
}

async function measure(clients: number): Promise<void> {
  const server = await startTemporaryServer();
  await migrate(server.url);
  const db = new pg.Pool({ connectionString: server.url, max: 2 });
  await db.query("insert into tts_monitor.tasks (text_id) select generate_series(1, $1)", [clients]);
  await db.query("update tts_monitor.tasks set status = 'processing' where text_id % 2 = 0");
  await db.query("vacuum analyze tts_monitor.tasks");
  const exporter = fork(fileURLToPath(import.meta.url), ["serve", server.url], {
    execArgv: ["--expose-gc", "--import", "tsx"],
  });
  const [port] = (await once(exporter, "message")) as [number];

  const warmUp = await openAll(port, Math.min(500, clients), () => {});
  for (const socket of warmUp) socket.destroy();
  await sleep(1000);
  const before = await memoryOf(exporter);

  const toldAt = new Map<number, number>();
  const begin = performance.now();
  const sockets = await openAll(port, clients, (textId) => toldAt.set(textId, performance.now()));
  console.log(`${clients} clients connected in ${Math.round(performance.now() - begin)} ms`);
  await sleep(25_000);
  const after = await memoryOf(exporter);
  for (const kind of ["rss", "heapUsed", "external"] as const) {
    const each = (after[kind] - before[kind]) / clients / 1000;
    console.log(
      `${kind}: ${each.toFixed(2)} kB a client (${(before[kind] / 1e6).toFixed(0)} MB without any)`,
    );
  }

  toldAt.clear();
  const delays = await transitions(db, toldAt);
  console.log(
    `${delays.length} events at ${EVENTS_PER_SECOND} a second: p50 ${at(delays, 0.5)} ms, p99 ${at(delays, 0.99)} ms`,
  );
  for (const socket of sockets) socket.destroy();
  await sleep(2000);
  const left = await memoryOf(exporter);
  console.log(
    `rss when they have gone: ${(left.rss / 1e6).toFixed(0)} MB, heap ${(left.heapUsed / 1e6).toFixed(0)} MB`,
  );
  exporter.kill();
  await db.end();
  await server.remove();
}

/** Streams of texts 1 to `count`. @param told called with the text at each chunk after the first */
async function openAll(port: number, count: number, told: (textId: number) => void): Promise<Socket[]> {
  const sockets: Socket[] = [];
  for (let first = 1; first <= count; first += AT_ONCE) {
    const texts = Array.from({ length: Math.min(AT_ONCE, count - first + 1) }, (_, index) => first + index);
    sockets.push(...(await Promise.all(texts.map((textId) => openOne(port, textId, told)))));
  }
  return sockets;
}

async function openOne(port: number, textId: number, told: (textId: number) => void): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  socket.write(`GET /api/task/stream/${textId} HTTP/1.1\r\nHost: bench\r\n\r\n`);
  const [answer] = (await once(socket, "data")) as [Buffer];
  if (!answer.toString().startsWith("HTTP/1.1 200")) throw new Error(answer.toString());
  socket.on("data", (chunk) => {
    if (chunk.includes("data: ")) told(textId);
  });
  return socket;
}

async function memoryOf(exporter: ChildProcess): Promise<Memory> {
  const answered = once(exporter, "message");
  exporter.send("memory");
  const [memory] = (await answered) as [Memory];
  return memory;
}

/** Starts pending tasks, one after the other, evenly. @returns the times from their commits to the clients, sorted */
async function transitions(db: pg.Pool, toldAt: ReadonlyMap<number, number>): Promise<number[]> {
  const { rows } = await db.query<{ id: string; text_id: string }>(
    "select id, text_id from tts_monitor.tasks where status = 'pending' order by random() limit $1",
    [EVENTS_PER_SECOND * SECONDS],
  );
  const committedAt = new Map<number, number>();
  const begin = performance.now();
  for (const [index, { id, text_id: textId }] of rows.entries()) {
    await sleep(Math.max(0, begin + (index * 1000) / EVENTS_PER_SECOND - performance.now()));
    await db.query("update tts_monitor.tasks set status = 'processing' where id = $1", [id]);
    committedAt.set(Number(textId), performance.now());
  }
  await sleep(2000);
  const delays = [...committedAt].map(([textId, committed]) => (toldAt.get(textId) ?? Infinity) - committed);
  return delays.map((delay) => Math.max(0, delay)).sort((a, b) => a - b);
}

function at(sorted: readonly number[], quantile: number): string {
  return (sorted[Math.floor(sorted.length * quantile)] ?? Number.NaN).toFixed(1);
}
