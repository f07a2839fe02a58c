import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { expect } from "vitest";
import { migrate } from "../../src/db/migrate.ts";
import { eventually } from "./eventually.ts";
import { expectInvariants, expectNoFall, type Line, total } from "./exposition.ts";
import type { TestProcess } from "./processes.ts";
import { type ServeProcess, startServe, startWorker } from "./serve.ts";
import type { TcpProxy } from "./tcp-proxy.ts";
import { startTestProxy } from "./test-proxy.ts";

/** Seconds; short, so that a fault may outlast them. */
export const HEARTBEAT_TIMEOUT = 3;
const SESSIONS_OF_EXPORTER = 5;
const SESSIONS_OF_WORKER = 3;
const WORKERS = ["w-1", "w-2"] as const;

/** Two workers under constant load and an exporter, each with a link of its own to a PostgreSQL of the test's own. */
export interface FaultBench {
  exporter: ServeProcess;
  workers: Record<(typeof WORKERS)[number], TestProcess>;
  links: Record<(typeof WORKERS)[number] | "exporter", TcpProxy>;
  /** A statement on the server itself. */
  sql(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  /** Ends the exporter and starts another one. */
  replaceExporter(): Promise<void>;
  /** Fails unless both workers end tasks, one takes a retry and scrapes see both, each within five seconds. */
  expectFresh(): Promise<void>;
  /** Ends all, and fails where a scrape, a count of sessions or the books were ever wrong. */
  finish(): Promise<void>;
}

/** @param server where to begin; `urlOf` is asked again for each statement, as a failover changes it */
export async function startFaultBench(
  server: { url: string },
  urlOf = () => server.url,
): Promise<FaultBench> {
  await migrate(server.url);
  const links = {
    exporter: await startTestProxy(server.url),
    "w-1": await startTestProxy(server.url),
    "w-2": await startTestProxy(server.url),
  };
  const sql = (text: string, values: unknown[] = []) => onServer(urlOf(), text, values);
  const startExporter = () => startServe(links.exporter.url, "--sweep.interval=500ms");
  const start = (worker: (typeof WORKERS)[number], firstText: number) =>
    startWorker(
      {
        databaseUrl: links[worker].url,
        worker,
        concurrency: 3,
        heartbeatInterval: 500,
        heartbeatTimeout: 1000 * HEARTBEAT_TIMEOUT,
      },
      { tasks: 1_000_000, firstText, handler: "brief" },
    );
  const watch = watcher(sql);
  const bench: FaultBench = {
    links,
    sql,
    exporter: await startExporter(),
    workers: { "w-1": await start("w-1", 1), "w-2": await start("w-2", 1_000_001) },
    async replaceExporter() {
      await bench.exporter.process.kill();
      bench.exporter = await startExporter();
    },
    async expectFresh() {
      const before = await endedBy(sql);
      await eventually(
        "both workers go on",
        async () => {
          const now = await endedBy(sql);
          return WORKERS.every((worker) => (now[worker] ?? 0) > (before[worker] ?? 0));
        },
        5000,
      );
      const [retry] = await sql("insert into tts_monitor.tasks (text_id) values (1) returning id::text");
      await eventually(
        "a worker takes a retry",
        async () => {
          const [row] = await sql("select status from tts_monitor.tasks where id = $1", [retry?.["id"]]);
          return row?.["status"] === "completed";
        },
        5000,
      );
      await eventually(
        "the exporter sees both",
        async () => total(await bench.exporter.scrape(), "tts_db_workers", { state: "live" }) === 2,
        5000,
      );
    },
    async finish() {
      await watch.stop();
      for (const worker of Object.values(bench.workers)) await worker.end();
      await eventually("the exporter has it all", async () => {
        const lines = await bench.exporter.scrape();
        return total(lines, "tts_db_tasks", { status: "processing" }) === 0;
      });
      await expectAcknowledged(bench);
      await bench.exporter.process.end();
      for (const link of Object.values(links)) await link.close();
    },
  };
  watch.start(() => bench.exporter);
  return bench;
}

/** Tasks that each worker has ended. */
async function endedBy(sql: FaultBench["sql"]): Promise<Record<string, number>> {
  const rows = await sql(
    "select worker, count(*)::int as n from tts_monitor.tasks where status = 'completed' group by worker",
  );
  return Object.fromEntries(rows.map(({ worker, n }) => [worker, Number(n)]));
}

/** Scrapes and counts sessions all the time; what is away meanwhile may be away, but nothing may be wrong. */
function watcher(sql: FaultBench["sql"]) {
  let stopped = false;
  let watching: Promise<unknown> = Promise.resolve();
  const problems: unknown[] = [];
  let before: { exporter: ServeProcess | undefined; lines: Line[] } = { exporter: undefined, lines: [] };

  async function scrape(exporter: ServeProcess): Promise<void> {
    const lines = await exporter.scrape().catch(() => undefined);
    if (!lines || total(lines, "tts_db_up") !== 1) return;
    expectInvariants(lines);
    // Other planes' counters begin anew with their process.
    if (before.exporter === exporter) expectNoFall(before.lines, lines);
    before = { exporter, lines };
  }

  // A session that is ending is listed for a moment beside the one that replaces it. One that waits for a standby does
  // not notice that its client has given up and gone.
  const inARow = new Map<string, number>();
  async function countSessions(): Promise<void> {
    const rows = await sql(
      `select
         case when application_name like 'tts-monitor worker %' then application_name else 'exporter' end as owner,
         count(*)::int as n
       from pg_stat_activity
       where application_name like 'tts-monitor%' and wait_event is distinct from 'SyncRep'
       group by 1`,
    ).catch(() => []);
    for (const { owner, n } of rows) {
      const name = String(owner);
      const allowed = name === "exporter" ? SESSIONS_OF_EXPORTER : SESSIONS_OF_WORKER;
      inARow.set(name, Number(n) > allowed ? (inARow.get(name) ?? 0) + 1 : 0);
      if (inARow.get(name) === 5) throw new Error(`${n} sessions of ${name}`);
    }
  }

  return {
    start(exporter: () => ServeProcess) {
      watching = (async () => {
        while (!stopped) {
          await Promise.all([scrape(exporter()), countSessions()]).catch((error: unknown) =>
            problems.push(error),
          );
          await sleep(50);
        }
      })();
    },
    async stop() {
      stopped = true;
      await watching;
      expect(problems).toEqual([]);
    },
  };
}

/** Each result that `run` has acknowledged stands in the rows. */
async function expectAcknowledged({ workers, sql }: FaultBench): Promise<void> {
  const acknowledged = Object.values(workers).flatMap((worker) =>
    [...worker.output().matchAll(/^ended (\d+)$/gm)].map(([, text]) => text),
  );
  expect(acknowledged.length).toBeGreaterThan(20);
  const rows = await sql(
    `select text::text from unnest($1::bigint[]) text
     where not exists (select from tts_monitor.tasks where text_id = text and status = 'completed')`,
    [acknowledged],
  );
  expect(rows, "acknowledged and not completed").toEqual([]);
}

async function onServer(url: string, text: string, values: unknown[]): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({
    connectionString: url,
    application_name: "test support",
    query_timeout: 5000,
  });
  client.on("error", () => {});
  await client.connect();
  try {
    return (await client.query(text, values)).rows;
  } finally {
    await client.end().catch(() => {});
  }
}
