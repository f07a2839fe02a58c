import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { beforeAll, expect, it } from "vitest";
import { type Alerting, type Programs, startAlerting } from "../support/alerting.ts";
import { eventually } from "../support/eventually.ts";
import { beginIncident } from "../support/incident.ts";
import { freePort } from "../support/ports.ts";
import { useTestDatabase } from "../support/postgres.ts";
import type { TestProcess } from "../support/processes.ts";
import { describeWith } from "../support/programs.ts";
import { createAppTables } from "../support/seed.ts";
import { type ServeProcess, startServe, startWorker, statsOf } from "../support/serve.ts";
import { shortenedRules } from "../support/shortened-rules.ts";
import type { TcpProxy } from "../support/tcp-proxy.ts";
import { startTestProxy } from "../support/test-proxy.ts";

const WORKERS = ["w-1", "w-2"] as const;
const SLOTS = 4;
const MANY_SLOTS = 40;
type WorkerName = (typeof WORKERS)[number];

/** Seconds; shortened a little less than the rules' durations, for a scrape a second is coarser than one in 15. */
const THRESHOLDS = {
  freshSeconds: 6,
  staleSeconds: 4,
  stuckSeconds: 2,
  silentSeconds: 2,
  oldestPendingSeconds: 5,
  progressSeconds: 10,
  sweepSeconds: 4,
};

describeWith("prometheus", "with a real Prometheus", (prometheus) => {
  describeWith("alertmanager", "and a real Alertmanager", (alertmanager) => {
    defineFaults({ prometheus, alertmanager });
  });
});

function defineFaults(programs: Programs): void {
  const database = useTestDatabase();
  let link: TcpProxy;
  let exporter: ServeProcess;
  let alerting: Alerting;
  const ports = new Map<WorkerName, number>();
  const workers = new Map<WorkerName, TestProcess>();

  beforeAll(async () => {
    await createAppTables(database().pool);
    link = await startTestProxy(database().url);
    exporter = await startServe(link.url, "--sweep.interval=500ms", "--scrape.timeout-offset=200ms");
    for (const name of WORKERS) ports.set(name, await freePort());
    [alerting] = await Promise.all([
      startAlerting(programs, new URL(exporter.url).host),
      ...WORKERS.map(start),
    ]);
    await eventually(
      "all is scraped",
      async () => {
        const [exporters, running] = [await alerting.up("tts-exporter"), await alerting.up("tts-worker")];
        return exporters === 1 && running === WORKERS.length;
      },
      40_000,
    );
    await alerting.evaluate(shortenedRules(THRESHOLDS));
    await eventually("the dead man's switch hears", () => alerting.receivers.messages.length > 0, 20_000);
    return async () => {
      for (const worker of workers.values()) await worker.end();
      await exporter.process.end();
      await alerting.stop();
    };
  });

  const worker = (name: WorkerName): TestProcess => {
    const process = workers.get(name);
    if (!process) throw new Error(`${name} was not started`);
    return process;
  };
  async function start(name: WorkerName): Promise<void> {
    const options = {
      databaseUrl: link.url,
      worker: name,
      concurrency: SLOTS,
      listen: `127.0.0.1:${ports.get(name)}`,
      heartbeatInterval: 300,
      heartbeatTimeout: 2000,
    };
    workers.set(name, await startWorker(options, { handler: "asked", limits: [[MANY_SLOTS]] }));
  }

  let asked = 0;
  /** Tasks that go as the first digit says. @returns the texts' ids */
  async function ask(digit: 1 | 2 | 3 | 4, count: number): Promise<string[]> {
    const first = digit * 1_000_000 + asked;
    asked += count;
    const { rows } = await database().pool.query<{ text: string }>(
      `insert into tts_monitor.tasks (text_id)
       select n from generate_series($1::bigint, $1::bigint + $2::bigint - 1) n returning text_id::text as text`,
      [first, count],
    );
    return rows.map(({ text }) => text);
  }
  const askOne = async (digit: 1 | 2 | 3 | 4) => String((await ask(digit, 1))[0]);
  const alive = async () =>
    (await database().pool.query("select from tts_monitor.tasks where finished_at is null")).rowCount ?? 0;
  const untilDone = () => eventually("all tasks have ended", async () => (await alive()) === 0, 20_000);
  /** Who runs the text's task. */
  const runnerOf = (text: string) =>
    eventually("a worker runs it", async () => {
      const { rows } = await database().pool.query<{ worker: WorkerName }>(
        "select worker from tts_monitor.tasks where text_id = $1 and status = 'processing'",
        [text],
      );
      return rows[0]?.worker;
    });

  it("while all is well only the dead man's switch hears, again and again", async () => {
    const quiet = beginIncident(alerting);
    const before = alerting.receivers.messages.length;
    await ask(1, 20);
    await ask(2, 5);
    await sleep(5000);
    await quiet.isOver({});
    const heard = alerting.receivers.messages.slice(before);
    expect(heard.length).toBeGreaterThan(2);
    expect(new Set(heard.map(({ receiver }) => receiver))).toEqual(new Set(["dead-man"]));
  });

  it("a killed worker is two tickets that name it, until it is started again", async () => {
    const incident = beginIncident(alerting);
    const victim = await runnerOf(await askOne(3));
    await worker(victim).kill();
    expect(await incident.fires("tickets", "TTSWorkerLost")).toMatch(
      new RegExp(`1 worker has not renewed its heartbeat.* Longest silent: ${victim} `),
    );
    expect(await incident.fires("tickets", "TTSWorkerDown")).toContain(
      `${victim} at 127.0.0.1:${ports.get(victim)} has not answered`,
    );
    await start(victim);
    await incident.isOver({ tickets: ["TTSWorkerLost", "TTSWorkerDown"] });
  });

  it("when all workers are killed, one page says so, and no ticket says it again for each", async () => {
    const incident = beginIncident(alerting);
    await Promise.all(WORKERS.map((name) => worker(name).kill()));
    await ask(1, 3);
    expect(await incident.fires("pager", "TTSWorkersAllDown")).toContain("Pending tasks: 3.");
    await Promise.all(WORKERS.map(start));
    await untilDone();
    await incident.isOver({ pager: ["TTSWorkersAllDown"] });
  });

  it("a hung task, with nobody to end it, is a page with its text and worker", async () => {
    const incident = beginIncident(alerting);
    const text = await askOne(3);
    const victim = await runnerOf(text);
    const blocker = new pg.Client({ connectionString: database().directUrl });
    await blocker.connect();
    // As `create index` does: who reads goes on, who writes waits.
    await blocker.query("begin; lock table tts_monitor.tasks in share mode");
    worker(victim).freeze();
    expect(await incident.fires("pager", "TTSTaskStuck")).toMatch(
      new RegExp(
        `1 task should have been ended by the sweeper \\(heartbeat_stale\\).* text ${text} on ${victim} \\(`,
      ),
    );
    expect(await incident.fires("pager", "TTSSweeperStalled")).toContain("has the job sweep succeeded");
    // A frozen worker is a lost one, and cannot be scraped.
    expect(await incident.fires("tickets", "TTSWorkerLost")).toContain(`Longest silent: ${victim} `);
    expect(await incident.fires("tickets", "TTSWorkerDown")).toContain(`${victim} at `);
    await blocker.end();
    await untilDone();
    worker(victim).thaw();
    await incident.isOver({
      pager: ["TTSTaskStuck", "TTSSweeperStalled"],
      tickets: ["TTSWorkerLost", "TTSWorkerDown"],
    });
  });

  it("a database that is away is one page, and nothing that follows from it", async () => {
    const incident = beginIncident(alerting);
    link.cut();
    expect(await incident.fires("pager", "TTSDatabaseDown")).toContain("No exporter of 1");
    await eventually(
      "what follows from it fires as well, unheard",
      async () => (await alerting.firing()).includes("TTSSweeperStalled"),
      20_000,
    );
    link.heal();
    await incident.isOver({ pager: ["TTSDatabaseDown"] });
  });

  it("more tasks than the limit lets through are a page of the oldest, and tickets of the queue and of the limit", async () => {
    const incident = beginIncident(alerting);
    await ask(2, 30);
    const flood = new AbortController();
    const flooding = keepAsking(flood.signal);
    expect(await incident.fires("pager", "TTSQueueOldestTooOld")).toMatch(
      /The oldest pending task has waited for [\d.]+s; \d+ tasks wait\./,
    );
    expect(await incident.fires("tickets", "TTSQueueBacklogGrowing")).toMatch(
      /\d+ tasks wait, and more come than go: in 15 minutes \d+ were recorded and \d+ finished\./,
    );
    expect(await incident.fires("tickets", "TTSConcurrencySaturated")).toMatch(
      /of the slots were in use over 10 minutes; \d of 8 now\./,
    );
    flood.abort();
    await flooding;
    for (const worker of workers.values()) await statsOf(worker);
    await untilDone();
    await incident.isOver({
      pager: ["TTSQueueOldestTooOld"],
      tickets: ["TTSQueueBacklogGrowing", "TTSConcurrencySaturated"],
    });
  });

  it("tasks that fail are a page of the objective, until enough succeed", async () => {
    const incident = beginIncident(alerting);
    await ask(4, 50);
    expect(await incident.fires("pager", "TTSErrorBudgetBurn")).toMatch(
      /\d+ tasks ended badly in 1h: the budget of 30d goes [\d.]+ times faster/,
    );
    await ask(1, 8000);
    await incident.isOver({ pager: ["TTSErrorBudgetBurn"] });
  });

  async function keepAsking(until: AbortSignal): Promise<void> {
    while (!until.aborted) {
      await ask(2, 2);
      await sleep(300);
    }
  }
}
