import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterEach } from "vitest";
import type { TaskMonitorOptions } from "../../src/index.ts";
import { silentLogger } from "../../src/logger.ts";
import { openWorker, type Worker } from "../../src/worker/lifecycle.ts";
import { claimUntilStopped } from "../../src/worker/work.ts";
import { eventually } from "./eventually.ts";
import type { TestDatabase } from "./postgres.ts";
import { instantly } from "./workers.ts";

/** Between two looks for pending tasks: only what wakes a worker can make it look again within a test. */
const NEVER = 3_600_000;

const SESSIONS = `select pid, query from pg_stat_activity
  where datname = current_database() and application_name = 'tts-monitor worker ' || $1`;
const LISTENING = "query ilike any('{listen %,%pg_listening_channels%}')";

/** Workers whose loop looks for tasks once, and then only when it is woken; closed after each test. */
export function useWorkLoops(database: () => TestDatabase) {
  let open: { worker: Worker; working: Promise<void> }[] = [];
  afterEach(async () => {
    await Promise.all(open.map(({ worker }) => worker.close()));
    await Promise.all(open.map(({ working }) => working));
    open = [];
  });
  const sql = async (text: string, values: unknown[] = []) =>
    (await database().pool.query(text, values)).rows;

  return {
    async start(
      name: string,
      options: Partial<TaskMonitorOptions> = {},
      handler = instantly,
    ): Promise<Worker> {
      const { url, directUrl } = database();
      const defaults = {
        databaseUrl: url,
        listenUrl: options.databaseUrl ?? directUrl,
        logger: silentLogger,
        shutdownGrace: 500,
      };
      const worker = await openWorker({ ...defaults, worker: name, ...options });
      open.push({ worker, working: claimUntilStopped(worker.context, handler, NEVER) });
      return worker;
    },
    /** Records tasks that nobody waits with. */
    record: (tasks = 1) =>
      sql("insert into tts_monitor.tasks (text_id) select generate_series(1, $1)", [tasks]),
    allDone: (withinMs?: number) =>
      eventually(
        "all tasks are completed",
        async () => {
          const undone = await sql("select * from tts_monitor.tasks where status <> 'completed' limit 3");
          if (undone.length > 0) throw new Error(JSON.stringify(undone));
          return true;
        },
        withinMs,
      ),
    sessions: (worker: string) => sql(SESSIONS, [worker]),
    /** Waits until the worker LISTENs. @returns the process id of that session */
    listening: (worker: string): Promise<number> =>
      eventually(
        `${worker} listens`,
        async () => (await sql(`${SESSIONS} and ${LISTENING}`, [worker]))[0]?.["pid"],
      ),
  };
}

/** Looks all the time at how many sessions the worker has, also over restarts. @returns ends that, and the most */
export function watchSessions(url: string, worker: string): () => Promise<number> {
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  pool.on("error", () => {});
  let most = 0;
  let watching = true;
  const watched = (async () => {
    while (watching) {
      const seen = await pool.query(SESSIONS, [worker]).catch(() => undefined);
      most = Math.max(most, seen?.rows.length ?? 0);
      await sleep(20);
    }
  })();
  return async () => {
    watching = false;
    await watched;
    await pool.end();
    return most;
  };
}
