import { once } from "node:events";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import type { Pool } from "pg";
import { end } from "../../src/db/end-store.ts";
import { migrate } from "../../src/db/migrate.ts";
import { start as startTask } from "../../src/db/start-store.ts";
import { insertPending } from "../../src/db/submit-store.ts";
import type { Slot } from "../../src/db/worker-store.ts";
import { createAppTables, openAppTables } from "../../src/demo/app-tables.ts";
import { COMPLETED } from "../../test/support/tasks.ts";
import { PROBED } from "../support/memory.ts";
import { type BenchProcess, start } from "../support/process.ts";
import type { BenchDatabase } from "../support/server.ts";
import { openStream } from "../support/stream-client.ts";

const TEXTS = 1000;
const TASK_TIMEOUT = 2_400_000;
// Far from those of the worker.
const FIRST_STREAM = 1_000_000_000;
const LONGEST_STREAM = 10_000;

export interface WorkerProcess extends BenchProcess {
  /** The body of a scrape. */
  scrape(): Promise<string>;
}

/** A worker that runs tasks with an instant handler. @param rate tasks a second */
export async function startWorker(databaseUrl: string, rate: number): Promise<WorkerProcess> {
  const module = fileURLToPath(new URL("./worker.js", import.meta.url));
  const worker = start(process.execPath, [...PROBED, module, databaseUrl, String(rate)]);
  const [, port] = await worker.says(/^port (\d+)$/m);
  return {
    ...worker,
    async scrape() {
      const response = await fetch(`http://127.0.0.1:${port}/metrics`);
      if (!response.ok) throw new Error(`a scrape of the worker failed: ${response.status}`);
      return response.text();
    },
  };
}

/** The application's texts, half of them with an audio, and their triggers. */
export async function addTexts({ url, pool }: BenchDatabase): Promise<void> {
  const application = openAppTables(url);
  await createAppTables(application).finally(() => application.end());
  await migrate(url, { trackAppTables: true });
  await pool.query(`
    insert into tts_texts (content) select 'text ' || number from generate_series(1, ${TEXTS}) number;
    insert into tts_audios (text_id, file_size) select id, 70000 from tts_texts where id % 2 = 0`);
}

interface Streaming {
  pool: Pool;
  slot: Slot;
  /** the exporter's */
  port: number;
}

/** A stream that sees a task's whole life, which is short, to its end. @returns shows one more */
export function shortStreams({ pool, slot, port }: Streaming): () => Promise<void> {
  let textId = FIRST_STREAM;
  return async () => {
    textId++;
    const id = await addTask(pool, slot, textId);
    const events: string[] = [];
    const socket = await openStream(port, textId, (event) => events.push(event));
    const closed = once(socket, "close", { signal: AbortSignal.timeout(LONGEST_STREAM) });
    closed.catch(() => {});
    await startTask(pool, id, slot, TASK_TIMEOUT);
    await end(pool, id, COMPLETED);
    await closed;
    if (events.at(-1) !== "completed") throw new Error(`the stream ended after ${events}`);
  };
}

/** A stream of a task that nobody starts. */
export async function longStream({ pool, slot, port }: Streaming): Promise<Socket> {
  await addTask(pool, slot, FIRST_STREAM);
  return openStream(port, FIRST_STREAM);
}

async function addTask(pool: Pool, slot: Slot, textId: number): Promise<bigint> {
  const task = { textId: BigInt(textId), contentHash: null, slot, dedupWindow: 0 };
  const id = await insertPending(pool, task);
  if (id === undefined) throw new Error("a task without a content is never a duplicate");
  return id;
}
