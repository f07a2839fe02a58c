// What a live stream's client costs the exporter, how soon it is told, and what comes back when it goes.
// The number of clients is bounded by `ulimit -n`. The kernel's own memory of their connections is not counted.
import { setTimeout as sleep } from "node:timers/promises";
import type { Slot } from "../src/db/worker-store.ts";
import { type Arrivals, mostClients, openClients } from "./streams/clients.ts";
import { deliver, type PendingTask } from "./streams/delivery.ts";
import { type Result, tell } from "./streams/results.ts";
import { createProbe, PROBED, residentMemory } from "./support/memory.ts";
import { startExporterUnder } from "./support/process.ts";
import { progress, quick } from "./support/report.ts";
import { type BenchDatabase, startDatabase } from "./support/server.ts";
import { registerScriptWorker } from "./support/task-script.ts";

const CLIENTS = quick ? [200] : [1000, 10_000];
const EVENTS_PER_SECOND = 200;
const SECONDS = quick ? 2 : 10;
// Opened and gone before anything is measured: code is compiled, and the session that listens is there.
const FIRST_CLIENTS = quick ? 50 : 500;
// All clients have had their comments, and all tasks have been watched anew, which is every 20 s.
const SETTLED = quick ? 1000 : 25_000;
const GONE = quick ? 500 : 2000;

const database = await startDatabase();
try {
  const slot = await registerScriptWorker(database);
  const results: Result[] = [];
  for (const wanted of CLIENTS) {
    const clients = Math.min(wanted, mostClients());
    if (clients < wanted) progress(`only ${clients} clients instead of ${wanted}: see ulimit -n`);
    results.push(await measure(database, slot, clients));
  }
  tell(results);
} finally {
  await database.remove();
}

async function measure(database: BenchDatabase, slot: Slot, clients: number): Promise<Result> {
  progress(`${clients} clients`);
  const tasks = await insertTasks(database, clients);
  const texts = tasks.map(({ textId }) => textId);
  const exporter = await startExporterUnder(PROBED, database.url, `--sse.max-clients=${clients}`);
  try {
    const memory = createProbe(exporter);
    const port = Number(new URL(exporter.url).port);
    for (const client of await openClients(port, texts.slice(0, FIRST_CLIENTS), new Map())) client.destroy();
    await sleep(GONE);
    const before = await memory();

    const arrivals: Arrivals = new Map();
    const begin = performance.now();
    const sockets = await openClients(port, texts, arrivals);
    const openedIn = (performance.now() - begin) / 1000;
    await sleep(SETTLED);
    const during = await memory();

    // Two events each: some of the clients are told of both, or all.
    const moved = tasks.slice(0, (EVENTS_PER_SECOND * SECONDS) / 2);
    const delivery = await deliver({ pool: database.pool, slot }, moved, EVENTS_PER_SECOND, arrivals);
    const { highest } = residentMemory(exporter.pid);

    for (const socket of sockets) socket.destroy();
    await sleep(GONE);
    return { clients, openedIn, before, during, after: await memory(), highest, ...delivery };
  } finally {
    await exporter.end();
  }
}

/** Pending tasks of texts that have none yet, in random order. */
async function insertTasks({ pool }: BenchDatabase, count: number): Promise<PendingTask[]> {
  const { rows } = await pool.query<{ id: bigint; text: bigint }>(
    `with added as (
       insert into tts_monitor.tasks (text_id)
       select (select coalesce(max(text_id), 0) from tts_monitor.tasks) + number
       from generate_series(1, $1::int) number
       returning id, text_id
     )
     select id, text_id as text from added order by random()`,
    [count],
  );
  await pool.query("vacuum analyze tts_monitor.tasks");
  return rows.map(({ id, text }) => ({ id: BigInt(id), textId: Number(text) }));
}
