import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withClient } from "../../src/db/connect.ts";
import { eventually } from "../support/eventually.ts";
import { total } from "../support/exposition.ts";
import { type FaultBench, HEARTBEAT_TIMEOUT, startFaultBench } from "../support/fault-bench.ts";
import { startOwnPostgres } from "../support/postgres.ts";

const SHORT = 1000;
const LONG = 1000 * (HEARTBEAT_TIMEOUT + 1);

let server: Awaited<ReturnType<typeof startOwnPostgres>>;
let bench: FaultBench;
beforeAll(async () => {
  server = await startOwnPostgres({ fsync: "off", max_connections: "60" });
  bench = await startFaultBench(server);
});
afterAll(async () => {
  await server.remove();
});

const OURS = "from pg_stat_activity where application_name like 'tts-monitor%'";
const pids = async () => (await bench.sql(`select pid ${OURS}`)).map(({ pid }) => Number(pid));
const failures = () =>
  bench.sql("select id::text, worker, reason from tts_monitor.tasks where reason is not null");
const freeze = async (all: number[], ms: number) => {
  for (const pid of all) process.kill(pid, "SIGSTOP");
  await sleep(ms);
  for (const pid of all) process.kill(pid, "SIGCONT");
};

/** What nobody may lose a task over. */
const HARMLESS: Record<string, () => Promise<void>> = {
  "the server is stopped at once, is away for longer than the heartbeat timeout and recovers": async () => {
    await server.stop("immediate");
    await sleep(LONG);
    await server.restart();
  },
  "a session is killed, and the server ends all others for it": async () => {
    const [victim = 0] = await pids();
    process.kill(victim, "SIGKILL");
    await sleep(SHORT);
  },
  "the server is frozen, with all sessions, for longer than the heartbeat timeout": async () => {
    await freeze([...(await pids()), server.pid], LONG);
  },
  "all sessions are ended, again and again": async () => {
    for (let time = 0; time < 10; time++) {
      await bench.sql(`select pg_terminate_backend(pid) ${OURS}`);
      await sleep(200);
    }
  },
  "the server takes no writes for longer than the heartbeat timeout": async () => {
    await readOnly("on");
    await sleep(LONG);
    await readOnly("off");
  },
  "a stranger lets nobody write heartbeats for longer than the heartbeat timeout": async () => {
    await withClient(server.url, "test support", async (client) => {
      await client.query("begin; lock table tts_monitor.workers in exclusive mode");
      await sleep(LONG);
      await client.query("rollback");
    });
  },
  "a synchronous standby confirms no commit for longer than the heartbeat timeout": async () => {
    await setServer("synchronous_standby_names", "'away'");
    await sleep(LONG);
    await setServer("synchronous_standby_names", "default");
  },
  "the exporter alone is cut off for longer than the heartbeat timeout": async () => {
    bench.links.exporter.cut();
    await sleep(LONG);
    bench.links.exporter.heal();
  },
  "the exporter's link goes dead in silence": async () => {
    bench.links.exporter.hang();
    await sleep(LONG);
    bench.links.exporter.heal();
  },
  "the exporter is frozen for longer than the heartbeat timeout": async () => {
    await freeze([bench.exporter.process.pid], LONG);
  },
  "the exporter is killed and started anew": () => bench.replaceExporter(),
  "a worker is cut off for less than the heartbeat timeout": async () => {
    bench.links["w-1"].cut();
    await sleep(SHORT);
    bench.links["w-1"].heal();
  },
  "a worker is frozen for less than the heartbeat timeout": async () => {
    await freeze([bench.workers["w-1"].pid], SHORT);
  },
  "every answer comes a fifth of a second late": async () => {
    for (const link of Object.values(bench.links)) link.delay(100);
    await sleep(2 * SHORT);
    for (const link of Object.values(bench.links)) link.heal();
  },
};

describe("no task of a living worker is lost, and all is fresh within five seconds, after", () => {
  for (const [fault, inject] of Object.entries(HARMLESS)) {
    it(`${fault}`, async () => {
      await bench.expectFresh();
      await inject();
      await bench.expectFresh();
      expect(await failures()).toEqual([]);
    });
  }
});

describe("a worker that alone was unheard for longer than its heartbeat timeout", () => {
  const heal = () => bench.links["w-1"].heal();
  const UNHEARD: Record<string, readonly [begin: () => void, end: () => void]> = {
    "because it was cut off": [() => bench.links["w-1"].cut(), heal],
    "because its link went dead in silence": [() => bench.links["w-1"].hang(), heal],
    "because it was frozen": [() => bench.workers["w-1"].freeze(), () => bench.workers["w-1"].thaw()],
  };
  for (const [why, [begin, end]] of Object.entries(UNHEARD)) {
    it(`loses what it ran, ${why}: the results are refused and counted, and it goes on`, async () => {
      const known = (await failures()).length;
      const from = bench.workers["w-1"].output().length;
      const late = async () => total(await bench.exporter.scrape(), "tts_db_late_writes_total") ?? 0;
      const lateBefore = await late();
      await bench.expectFresh();
      begin();
      // Time in which the whole machine stood still counts as no silence.
      await eventually("its tasks are lost", async () => (await failures()).length > known, 20_000);
      end();
      await bench.expectFresh();

      const lost = (await failures()).slice(known);
      for (const task of lost) expect(task).toMatchObject({ worker: "w-1", reason: "worker_lost" });
      await bench.workers["w-1"].line(/^rejected \d+ TaskEndedError: .*\(worker_lost\)/, 5000, from);
      await eventually("late results are counted", async () => (await late()) > lateBefore);
    });
  }
});

it("a row that a stranger keeps locked delays the end of its own task only", async () => {
  const known = (await failures()).length;
  const stranger = new pg.Client({ connectionString: server.url });
  await stranger.connect();
  await stranger.query("begin");
  const { rows } = await stranger.query<{ id: string }>(
    "select id::text from tts_monitor.tasks where status = 'processing' limit 1 for update",
  );
  await sleep(LONG);
  await bench.expectFresh();
  const [held] = await bench.sql("select status from tts_monitor.tasks where id = $1", [rows[0]?.id]);
  expect(held).toEqual({ status: "processing" });
  await stranger.query("commit");
  await stranger.end();
  await eventually("it ends too", async () => {
    const [row] = await bench.sql("select status from tts_monitor.tasks where id = $1", [rows[0]?.id]);
    return row?.["status"] === "completed";
  });
  expect((await failures()).length).toBe(known);
});

it("after all of this the books are exact, no scrape and no count of sessions was ever wrong", async () => {
  await bench.finish();
  const [books] = await bench.sql(
    `select
       (select coalesce(sum(n), 0) from tts_monitor.task_ledger where event = 'completed') -
         (select count(*) from tts_monitor.tasks where status = 'completed') as completed,
       (select coalesce(sum(n), 0) from tts_monitor.task_ledger where event = 'timeout') -
         (select count(*) from tts_monitor.tasks where status = 'timeout') as timeout,
       (select coalesce(sum(n), 0) from tts_monitor.task_ledger where event = 'created') -
         (select count(*) from tts_monitor.tasks) as created`,
  );
  expect(books).toEqual({ completed: "0", timeout: "0", created: "0" });
});

async function readOnly(value: "on" | "off"): Promise<void> {
  await setServer("default_transaction_read_only", value);
}

async function setServer(name: string, value: string): Promise<void> {
  await withClient(server.url, "test support", async (client) => {
    await client.query("set default_transaction_read_only = off");
    await client.query(`alter system set ${name} = ${value}`);
    await client.query("select pg_reload_conf()");
  });
}
