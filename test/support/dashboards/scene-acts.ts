import { writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { demosWorkers } from "../descendants.ts";
import { openStream } from "../event-stream.ts";
import { eventually } from "../eventually.ts";
import { freePort } from "../ports.ts";
import type { TestDatabase } from "../postgres.ts";
import type { TestProcess } from "../processes.ts";
import { startWorker } from "../serve.ts";

/** Who plays in the scene. */
export interface Actors {
  demo: TestProcess;
  database: TestDatabase;
  folder: string;
  exporterUrl: string;
  /** opens the API that changes something */
  token: string;
}

const PATIENCE_MS = 60_000;
/** Texts that are not the demo's. */
const FIRST_OF_OTHERS = 1_000_000_000;

/** A worker of the library, whose task ends no sooner than a file of its name is there, whatever its deadline. */
export async function startHeldWorker(
  { database, folder }: Actors,
  worker: string,
  options: { taskTimeout: number; shutdownGrace?: number },
): Promise<TestProcess> {
  return startWorker(
    {
      databaseUrl: database.directUrl,
      worker,
      concurrency: 1,
      listen: `127.0.0.1:${await freePort()}`,
      heartbeatInterval: 500,
      heartbeatTimeout: 2000,
      ...options,
    },
    { handler: "held", tasks: 1, firstText: FIRST_OF_OTHERS + worker.length, release: join(folder, worker) },
  );
}

export async function askTheApi({ exporterUrl }: Actors): Promise<void> {
  for (const path of ["/api/monitor/stats", "/api/tasks", "/api/texts", "/api/nothing"]) {
    await (await fetch(exporterUrl + path)).body?.cancel();
  }
}

export async function seeTasksEnd(actors: Actors): Promise<void> {
  await untilThereIs(actors, "status = 'completed'");
  for (const reason of ["provider_error", "provider_throttled", "provider_timeout", "invalid_audio"]) {
    await untilThereIs(actors, `reason = '${reason}'`);
  }
  await untilThereIs(actors, "reason = 'deadline_exceeded'");
}

/** All of the demo's, for each may be without a task; the demo starts them again. */
export async function loseWorkers(actors: Actors): Promise<void> {
  await eventually(
    "workers are lost with their tasks",
    async () => {
      await untilThereIs(actors, "status = 'processing' and worker <> 'worker-draining'", 2);
      for (const pid of demosWorkers(actors.demo.pid)) process.kill(pid, "SIGKILL");
      return untilThereIs(actors, "reason = 'worker_lost'", 1, 6000);
    },
    PATIENCE_MS,
  );
}

export async function comeTooLate(actors: Actors): Promise<void> {
  const worker = await startHeldWorker(actors, "worker-late", { taskTimeout: 1000 });
  await untilThereIs(actors, "status = 'timeout' and worker = 'worker-late'");
  writeFileSync(join(actors.folder, "worker-late"), "");
  await untilThereIs(actors, "late_at is not null");
  await worker.end();
}

/** Once reported as failed, then spoken by the demo's workers. @returns a text whose content no other has yet */
export async function succeedAtLast({ database, exporterUrl, token }: Actors): Promise<string> {
  const { pool } = database;
  const { rows } = await pool.query<{ text_id: string; content: string }>(
    "insert into tts_texts (content) values ('It snows.') returning id::text as text_id, content",
  );
  const [text] = rows;
  if (!text) throw new Error("no text");
  const task = await eventually("there is room for its task", async () => {
    const answer = await post(`${exporterUrl}/api/tasks`, token, { ...text, worker: "other" });
    return (JSON.parse(answer) as { task_id?: string }).task_id;
  });
  const failure = { reason: "provider_error", error_message: "the provider answered 502" };
  await post(`${exporterUrl}/api/tasks/${task}/fail`, token, failure);
  await eventually(
    "a text that had failed is completed",
    async () => {
      const { rowCount } = await pool.query(
        "select from tts_monitor.tasks where text_id = $1 and status = 'completed'",
        [text.text_id],
      );
      if (rowCount === 1) return true;
      // Refused while a task of it is alive.
      await post(`${exporterUrl}/api/task/retry/${text.text_id}`, token);
      return false;
    },
    PATIENCE_MS,
  );
  return text.text_id;
}

/** Another text of the same content is answered by the text's task, and from then on follows it. */
export async function repeat(text: string, { database, exporterUrl, token }: Actors): Promise<void> {
  const { rows } = await database.pool.query(
    "insert into tts_texts (content) select content from tts_texts where id = $1 returning id as text_id, content",
    [text],
  );
  const request = { ...rows[0], worker: "other" };
  await eventually("a text follows another one", async () => {
    const answer = await post(`${exporterUrl}/api/tasks`, token, request);
    if (answer.includes('"deduplicated":true')) return true;
    throw new Error(answer);
  });
}

async function post(url: string, token: string, body?: object): Promise<string> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const response = await fetch(url, {
    method: "POST",
    headers,
    ...(body && { body: JSON.stringify(body) }),
  });
  return response.text();
}

export async function freeze({ demo, database, exporterUrl }: Actors): Promise<pg.Client> {
  // So that tasks have to wait.
  await database.pool.query("update tts_monitor.settings set concurrency_global = 3");
  const lock = new pg.Client({ connectionString: database.directUrl });
  await lock.connect();
  const running = await eventually("tasks wait while others run", () => lockTasks(lock), PATIENCE_MS);
  demo.freeze();
  const [victim] = demosWorkers(demo.pid);
  if (victim !== undefined) process.kill(victim, "SIGKILL");
  for (const text of running) await openStream(`${exporterUrl}/api/task/stream/${text}`);
  return lock;
}

/** Who reads goes on, who writes waits. @returns the texts whose tasks run; undefined, and no lock, without such tasks */
async function lockTasks(lock: pg.Client): Promise<string[] | undefined> {
  await lock.query("begin; lock table tts_monitor.tasks in share mode");
  const { rows } = await lock.query<{ text: string; status: string }>(
    "select text_id::text as text, status from tts_monitor.tasks where finished_at is null",
  );
  const running = rows.filter(({ status }) => status === "processing");
  // One of them is the draining worker's, whose deadline is far.
  if (rows.length > running.length && running.length > 1) return running.map(({ text }) => text);
  await lock.query("rollback");
  return undefined;
}

function untilThereIs(
  { database }: Pick<Actors, "database">,
  condition: string,
  count = 1,
  withinMs = PATIENCE_MS,
): Promise<boolean> {
  const sql = `select from tts_monitor.tasks where ${condition} limit ${count}`;
  return eventually(
    `${count} tasks: ${condition}`,
    async () => (await database.pool.query(sql)).rowCount === count,
    withinMs,
  );
}
